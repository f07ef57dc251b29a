"""The search for the least excess over the merit-order fill, in whole steps of 0.1 MW; ``budgets`` is where it starts.

``budgets`` grow until one holds a plan. A budget leaves a ``core`` of plants, which ``search_within`` walks through
in ``steps``: one plant, or a group of equal costs. ``bounds`` and ``remainders`` say which states are hopeless.
"""
