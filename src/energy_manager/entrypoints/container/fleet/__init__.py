"""The fleet, wired: a site's link, and a centre."""
