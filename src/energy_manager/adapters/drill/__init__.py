"""A simulated world for the drill: virtual time, devices, a schedule, a store and prices that can be made to fail."""
