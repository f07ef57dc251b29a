"""Planning beside the loop: prices, forecasts, and the planners that run on their period."""
