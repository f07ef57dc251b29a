"""Good packings found cheaply, so that bounds have something to prune with."""
