"""What a device says of itself when it is only read."""

from __future__ import annotations

from dataclasses import dataclass

from energy_manager.domain.quantities import AssetId

_UNITS = {"_w": "W", "_wh": "Wh", "_a": "A", "_percent": "%"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PointReading:
    """A point by its name, which carries its unit; ``value`` None = missing, ``age_s`` None = of unknown age."""

    name: str
    value: float | None
    age_s: float | None

    @property
    def unit(self) -> str:
        """W, Wh, A or %; empty where the value has none."""
        return next((unit for ending, unit in _UNITS.items() if self.name.endswith(ending)), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who a device says that it is; ``is_pinned_one`` False: the site file names another serial number."""

    serial: str | None = None
    model: str | None = None
    is_pinned_one: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class FallBack:
    """How a device comes to run by itself when nothing is written any more; ``after_s`` None = it sets that itself."""

    after_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """One device that answers.

    ``output_w`` is what it delivers (+) or takes (−), None = it does not say. ``only_read_for`` says why it cannot be
    controlled, None = it can; ``falls_back`` None = it has no timer, and keeps its last target when the product dies.
    """

    asset_id: AssetId
    points: tuple[PointReading, ...]
    output_w: float | None = None
    identity: Identity = Identity()
    only_read_for: str | None = None
    falls_back: FallBack | None = None

    @property
    def is_good(self) -> bool:
        """Whether this is the device that is meant, and says anything at all."""
        return self.identity.is_pinned_one and any(point.value is not None for point in self.points)


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """A device that does not answer, and why as far as is known."""

    asset_id: AssetId
    reason: str
