"""What no packing earns more than: the linear relaxation, and the number of items."""
