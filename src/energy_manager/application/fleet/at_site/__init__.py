"""A site's side of the fleet: its link, its orders, its reports."""
