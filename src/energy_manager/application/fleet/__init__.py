"""Many sites and one centre: what a site does for the portfolio, and how the centre orders and proves."""
