"""Many sites: the bus between a centre and its sites, and the centre's book."""
