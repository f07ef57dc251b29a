"""The devices of a site, as the loop and the commands reach them."""
