"""A driver that is opened beside the loop, again and again until it is there."""

from __future__ import annotations

import threading
from collections.abc import Callable

from energy_manager.adapters.devices.driver import Driver
from energy_manager.adapters.failures import describe_failure

FIRST_PAUSE_S = 1.0
"""After an opening that failed the next one waits this long, then twice as long each time."""

LONGEST_PAUSE_S = 60.0

ABANDONED_S = 5.0
"""An opening that takes longer is left behind and another one begins, if there are not too many."""

MOST_UNDER_WAY = 2
"""Openings of one asset at once, those left behind included: no more threads than its two lanes would block."""


class OpeningDriver:
    """Begins openings when it is time, and takes the first driver that comes; later ones are closed.

    ``open_driver`` may hang or raise anything. ``opened`` is told that the driver is there, ``failed`` what fails, in a
    sentence. The lock is held for a few instructions only.
    """

    def __init__(
        self,
        open_driver: Callable[[], Driver],
        *,
        now_s: Callable[[], float],
        opened: Callable[[Driver], None],
        failed: Callable[[str], None],
    ) -> None:
        self._open_driver = open_driver
        self._now_s = now_s
        self._opened, self._failed = opened, failed
        self._lock = threading.Lock()
        self._is_open = False
        self._under_way: list[float] = []
        self._pause_s = FIRST_PAUSE_S
        self._not_before_s = float("-inf")
        self.failures = 0

    def begin(self) -> Callable[[], None] | None:
        """The opening to run on another thread, if it is time for one."""
        now_s = self._now_s()
        with self._lock:
            newest_s = self._under_way[-1] if self._under_way else float("-inf")
            is_waited_for = now_s - newest_s < ABANDONED_S
            if self._is_open or is_waited_for or now_s < self._not_before_s or len(self._under_way) >= MOST_UNDER_WAY:
                return None
            has_hung = bool(self._under_way)
            self._under_way.append(now_s)
        if has_hung:
            self._failed(f"it has not come back for {ABANDONED_S:g} s")
        return lambda: self._open(now_s)

    def _open(self, began_s: float) -> None:
        try:
            driver = self._open_driver()
        except BaseException as error:  # noqa: BLE001 - nothing a driver raises may leave its lane
            with self._lock:
                self._under_way.remove(began_s)
                self.failures += 1
                self._not_before_s = self._now_s() + self._pause_s
                self._pause_s = min(2 * self._pause_s, LONGEST_PAUSE_S)
                is_open = self._is_open
            if not is_open:
                self._failed(describe_failure(error))
            return
        with self._lock:
            self._under_way.remove(began_s)
            is_late, self._is_open = self._is_open, True
        if is_late:
            _close_quietly(driver)
        else:
            self._opened(driver)


def _close_quietly(driver: Driver) -> None:
    """Let go of a driver that came too late; there is another one, so nothing hangs on how this ends."""
    try:
        driver.close()
    except BaseException:  # noqa: BLE001 - as above
        return
