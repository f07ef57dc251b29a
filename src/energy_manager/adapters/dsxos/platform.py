"""The port ``PrognosisPlatform`` on DSxOS: which datapoint is what, and how its series are read.

Decisions:

- A datapoint is asked for by its identifier. Where the answer names another identifier, or several datapoints and none
  of that name, it is not used: a plan on the wrong series is worse than none.
- The readings of a prognosis are read in pages until a page brings nothing new, so that neither a platform that cuts
  long answers nor one that knows no pages shortens a series.
- A schedule's datapoint without any prognosis means: nothing is scheduled. A prognosis without readings is one that is
  half posted, or was cut; it is refused, for the schedule as for the forecasts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from energy_manager.adapters.dsxos import units
from energy_manager.adapters.dsxos.client import DsxosClient
from energy_manager.adapters.dsxos.posting import Posting
from energy_manager.adapters.dsxos.raw_values import Faults, finite, readings
from energy_manager.adapters.dsxos.readings import readings_of
from energy_manager.application.ports.forecasts.prognosis_platform import (
    ChargeProgramme,
    Forecast,
    Outlook,
    PlatformFailed,
    SiteLimits,
)
from energy_manager.domain.errors import Refused, shown
from energy_manager.domain.peak_shaving import PccLimits
from energy_manager.domain.series import Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitSource:
    """A limit in the platform's unit and sign: a datapoint's last reading, else the number; at least one is there."""

    identifier: str | None = None
    number: float | None = None
    least: float | None = 0.0
    """None for a limit that the platform counts as negative."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitSources:
    """Where the limits come from, W and Wh."""

    pcc_import: LimitSource
    pcc_export: LimitSource
    power: LimitSource
    capacity: LimitSource


@dataclass(frozen=True, slots=True, kw_only=True)
class Datapoints:
    """The identifiers of the datapoints; ``safe_limit`` may be the value itself, or None."""

    consumption: str
    production: str
    current_plan: str
    result_plan: str
    effective_charge: str
    safe_limit: str | float | None
    limits: LimitSources


@dataclass(frozen=True, slots=True, kw_only=True)
class DsxosPlatform:
    """Reads forecasts, schedule and storage, and posts the plan."""

    client: DsxosClient
    datapoints: Datapoints

    async def read(self) -> Outlook:
        """The newest prognoses and readings, in kW and kWh."""
        own, faults = self.datapoints, Faults()
        consumption = await self._prognosis(own.consumption, faults, least=0.0)
        production = await self._prognosis(own.production, faults, least=None)
        units.note_wrong_signs(production or (), own.production, faults)
        schedule = await self._prognosis(own.current_plan, faults, least=None)
        for name, found in ((own.consumption, consumption), (own.production, production)):
            if found is None:
                faults.note(name, "has no prognosis")
        safe_limit = await self._value(own.safe_limit, faults, least=0.0)
        stored = await self._value(own.effective_charge, faults, least=None)
        sources = own.limits
        pcc_import, pcc_export, power, capacity = [
            await self._limit(source, faults)
            for source in (sources.pcc_import, sources.pcc_export, sources.power, sources.capacity)
        ]
        if faults.found:
            raise Refused(faults.found)
        return Outlook(
            load=Forecast(name=own.consumption, readings=units.consumed_kw(consumption or ())),
            production=Forecast(name=own.production, readings=units.produced_kw(production or ())),
            schedule=None
            if schedule is None
            else Forecast(name=own.current_plan, readings=units.consumed_kw(schedule)),
            stored_kwh=units.kw(stored),
            least_kwh=units.least_kwh(safe_limit),
            limits=SiteLimits(
                pcc=PccLimits(import_limit_kw=units.kw(pcc_import), export_limit_kw=units.export_limit_kw(pcc_export)),
                capacity_kwh=units.kw(capacity),
                most_kw=units.kw(power),
            ),
        )

    async def post(self, programme: ChargeProgramme) -> str:
        """Post header and readings."""
        datapoint = await self._datapoint(self.datapoints.result_plan)
        find = partial(self._datapoint, self.datapoints.result_plan)
        posting = Posting(client=self.client, find_datapoint=find, datapoint=datapoint, programme=programme)
        return await posting()

    async def _prognosis(self, identifier: str, faults: Faults, *, least: float | None) -> list[Reading] | None:
        """The readings (W) of a datapoint's newest prognosis; None where it has none, empty where they are at fault."""
        prognosis_id = (await self._datapoint(identifier)).get("lastPrognosisId")
        if prognosis_id is None:
            return None
        try:
            items = await readings_of(self.client, prognosis_id)
        except PlatformFailed as failure:
            raise PlatformFailed(f"{identifier}: {failure}") from None
        if not items:
            faults.note(identifier, f"has no readings in its prognosis {prognosis_id}")
            return []
        return readings(items, identifier, faults, least=least) or []

    async def _value(self, source: str | float | None, faults: Faults, *, least: float | None) -> float:
        """A datapoint's last reading (or a number itself); 0 where there is none to ask for, or it is at fault."""
        if source is None or isinstance(source, float):
            return source or 0.0
        value = (await self._datapoint(source)).get("lastReadingValue")
        if value is None:
            faults.note(source, "has no reading")
            return 0.0
        return finite(value, source, faults, least=least) or 0.0

    async def _limit(self, source: LimitSource, faults: Faults) -> float:
        """A limit of this moment; 0 where there is none, or it is at fault."""
        value = (
            None if source.identifier is None else (await self._datapoint(source.identifier)).get("lastReadingValue")
        )
        if source.identifier is None or (value is None and source.number is not None):
            return source.number or 0.0
        if value is None:
            faults.note(source.identifier, "has no reading")
            return 0.0
        limit = finite(value, source.identifier, faults, least=source.least) or 0.0
        if source.least is None and limit > 0.0:
            faults.note(source.identifier, f"must be at most 0 (the platform counts export as negative), not {limit:g}")
        return limit

    async def _datapoint(self, identifier: str) -> Mapping[str, Any]:
        """The datapoint of that name."""
        parameters: dict[str, str | int] = {"identifier.equals": identifier, "page": 0, "size": 1}
        try:
            answer = await self.client.get("/datapoints", parameters)
        except PlatformFailed as failure:
            raise PlatformFailed(f"{identifier}: {failure}") from None
        found = answer if isinstance(answer, list) else [answer]
        if not all(isinstance(item, Mapping) for item in found):
            raise PlatformFailed(f"{identifier}: GET /datapoints must be a list of objects, not {shown(answer)}")
        named: list[Mapping[str, Any]] = [item for item in found if item.get("identifier", identifier) == identifier]
        if len(named) != 1 or named[0].get("id") is None:
            what = "there is no such datapoint" if not named else "there is no one datapoint with an id of that name"
            raise PlatformFailed(f"{identifier}: {what}")
        return named[0]
