"""Tell one device a power for a while, by hand, look what it does, and release it whatever happens meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from energy_manager.application.ports.clock import Clock
from energy_manager.application.ports.devices.commissioned_device import CommissionedDevice
from energy_manager.domain.commissioning import Inspection
from energy_manager.domain.errors import EnergyManagerError

TELL_EVERY_S = 2.0
"""As the loop does, so that a device's own timer is fed."""
RELEASE_TRIES = 5
RELEASE_PAUSE_S = 1.0


class NotReleased(EnergyManagerError):
    """The device was told a power and did not take its release."""

    code: ClassVar[str] = "not_released"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One look at a device ``after_s`` seconds after it was told ``told_w`` first; None = it is released."""

    after_s: float
    told_w: float | None
    inspection: Inspection


@dataclass(slots=True, kw_only=True)
class TellByHand:
    """Has the device on record while it is under control (``begins``, ``ends``), and tells ``show`` of each look.

    ``wait`` waits so many seconds and says whether it is to end now; ``released_w`` is the last word, None = release.
    """

    device: CommissionedDevice
    clock: Clock
    wait: Callable[[float], bool]
    begins: Callable[[], None]
    ends: Callable[[], None]
    show: Callable[[Told], None]
    released_w: float | None = None

    def __call__(self, setpoint_w: float, *, for_s: float) -> None:
        """Tell, look every two seconds, release.

        Raises:
            NotReleased: the release was not taken.
            Exception: what the device raised when it was told or read; it is released before.
        """
        began_s = self.clock.now_s()
        self.begins()
        try:
            self._hold(setpoint_w, for_s)
        finally:
            self._release()
        self.show(Told(after_s=self.clock.now_s() - began_s, told_w=self.released_w, inspection=self.device.inspect()))

    def _hold(self, setpoint_w: float, for_s: float) -> None:
        began_s = self.clock.now_s()
        until_s, is_ended = began_s + for_s, False
        while not is_ended:
            self.device.tell(setpoint_w)
            after_s = self.clock.now_s() - began_s
            self.show(Told(after_s=after_s, told_w=setpoint_w, inspection=self.device.inspect()))
            left_s = until_s - self.clock.now_s()
            is_ended = left_s <= 0 or self.wait(min(TELL_EVERY_S, left_s))

    def _release(self) -> None:
        for tries in range(1, RELEASE_TRIES + 1):
            try:
                self.device.tell(self.released_w)
            except Exception as error:
                if tries == RELEASE_TRIES:
                    raise NotReleased(
                        f"the device did not take its release: {error}; the next energy-manager run releases it"
                    ) from error
                self.clock.sleep_until(self.clock.now_s() + RELEASE_PAUSE_S)
            else:
                self.ends()
                return
