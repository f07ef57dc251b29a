"""What people and programs look at: the site now, ahead and before, and the page itself."""
