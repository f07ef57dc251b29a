"""Job 6, least cost: plan a site on request, and beside the loop again and again."""
