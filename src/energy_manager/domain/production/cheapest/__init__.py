"""The steps to the cheapest plan, in whole steps of 0.1 MW; ``commitment`` calls them in turn.

The merit-order fill (``relaxation``); sharing at equal costs (``equal_costs``); whether the load can be met at all
(``reachable_loads``); how little excess over the fill to expect (``first_plan``); which plants can matter within such
an excess (``core``); the proof (``search``).
"""
