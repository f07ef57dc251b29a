"""What devices behind one connection share, made once."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

LinkT = TypeVar("LinkT")


class SharedLinks:
    """The links of one site, by key. A link that takes for ever to be made holds up only those that ask for it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._making: defaultdict[Hashable, threading.Lock] = defaultdict(threading.Lock)
        self._links: dict[Hashable, Any] = {}

    def __call__(self, key: Hashable, make: Callable[[], LinkT]) -> LinkT:
        """The link of this key: the same object for every device of the site that asks for it.

        The first that asks makes it; while that is under way the others wait. What ``make`` raises is raised to the
        caller, and the next one that asks tries again. A key stands for one type of link: use a tuple that begins with
        its name.
        """
        with self._lock:
            making = self._making[key]
        with making:
            if key not in self._links:
                self._links[key] = make()
            link: LinkT = self._links[key]
        return link
