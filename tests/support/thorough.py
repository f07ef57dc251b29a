"""How many examples random tests take: a sample, or with ``THOROUGH=1``, as in ``make soak``, all of them."""

import os

IS_THOROUGH = os.environ.get("THOROUGH") == "1"


def sample(of: int, *, share: float = 0.2, least: int = 5) -> int:
    """A share of so many examples, or all of them."""
    return of if IS_THOROUGH else min(of, max(least, round(of * share)))
