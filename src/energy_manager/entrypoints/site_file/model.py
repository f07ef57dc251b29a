"""What may stand in a site file."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictInt, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError, ValidationError

from energy_manager.adapters.schedules.shared_module import TIME_BLOCKS

Chance = Annotated[float, Field(ge=0, le=1)]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class _Unreliable(_Entry):
    """How often a simulated part is slow or fails."""

    sleep_chance: Chance = 0.1
    sleep_multiplier: float = Field(1.0, ge=0, description="longest sleep, s")
    exception_chance: Chance = 0.0


class SharedAsset(_Unreliable):
    """A device of the ``shared`` module."""

    id: str = Field(min_length=1)
    driver: Literal["shared"]
    potential: list[Annotated[StrictInt, Field(ge=0)]] | None = None


class SharedScheduleEntry(_Unreliable):
    """The schedule of the ``shared`` module: one mapping from asset to power target per time block."""

    driver: Literal["shared"]
    blocks: list[dict[str, StrictInt]]


class SiteEntry(_Entry):
    """The site as a whole."""

    name: str = Field(min_length=1)
    power_unit: Literal["kW", "W"] = "kW"


class SiteFile(_Entry):
    """A whole site file.

    Raises:
        pydantic.ValidationError: with the place of each fault, among them ids that stand twice and lists that do not
            have one value per time block.
    """

    site: SiteEntry
    assets: list[SharedAsset] = Field(min_length=1)
    schedule: SharedScheduleEntry

    @model_validator(mode="after")
    def _fits_together(self) -> SiteFile:
        faults = [*self._duplicate_ids(), *self._wrong_lengths()]
        if faults:
            raise ValidationError.from_exception_data("site file", faults)
        return self

    def _duplicate_ids(self) -> list[InitErrorDetails]:
        seen: Counter[str] = Counter()
        faults = []
        for index, asset in enumerate(self.assets):
            seen[asset.id] += 1
            if seen[asset.id] > 1:
                faults.append(_fault(("assets", index, "id"), "another asset has this id already", asset.id))
        return faults

    def _wrong_lengths(self) -> list[InitErrorDetails]:
        lists: list[tuple[tuple[str | int, ...], int]] = [
            (("assets", index, "potential"), len(asset.potential))
            for index, asset in enumerate(self.assets)
            if asset.potential is not None
        ]
        lists.append((("schedule", "blocks"), len(self.schedule.blocks)))
        sentence = f"there must be {TIME_BLOCKS}, one per time block"
        return [_fault(place, sentence, f"{length} values") for place, length in lists if length != TIME_BLOCKS]


def _fault(place: tuple[str | int, ...], sentence: str, value: object) -> InitErrorDetails:
    return InitErrorDetails(
        type=PydanticCustomError("site_file", "{sentence}", {"sentence": sentence}), loc=place, input=value
    )
