"""One plan on its way to DSxOS: a header, then its readings one by one, and what to do when that goes wrong.

The API takes a prognosis in pieces, so "whole or not at all" is kept in four steps:

1. Everything that will be sent is made before the header goes out; a programme that is not sound never gets here.
2. Each request is sent once. After a failure the prognosis is read back: what is there is not sent again.
3. What is not there is sent again only if the platform is certainly done with the failed request (it answered, or never
   got it) and shows everything it took before; at most MOST_REPEATS times a plan. After a silence it is not.
4. What cannot be finished is withdrawn (``DELETE`` of the header), and the withdrawal is looked at. What cannot be
   withdrawn either is reported: which prognosis, how much of it is there.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, timedelta
from typing import Any, NoReturn

import anyio

from energy_manager.adapters.dsxos import units
from energy_manager.adapters.dsxos.client import CallFailed, DsxosClient
from energy_manager.adapters.dsxos.raw_values import utc_time
from energy_manager.adapters.dsxos.readings import PATH as READINGS
from energy_manager.adapters.dsxos.readings import readings_of
from energy_manager.adapters.texts.json_text import NotJson, read_json
from energy_manager.application.ports.forecasts.prognosis_platform import ChargeProgramme, HalfPosted, PlatformFailed
from energy_manager.domain.series import utc_text

HEADERS = "/datapoint-prognoses"
MOST_REPEATS = 5


@dataclass(slots=True, kw_only=True)
class Posting:
    """Posts one programme; made for one call."""

    client: DsxosClient
    find_datapoint: Callable[[], Awaitable[Mapping[str, Any]]]
    datapoint: Mapping[str, Any]
    programme: ChargeProgramme
    _bodies: list[dict[str, Any]] = field(default_factory=list, init=False)
    _prognosis_id: Any = field(default=None, init=False)
    _taken: int = field(default=0, init=False)
    _repeats: int = field(default=0, init=False)

    async def __call__(self) -> str:
        """Post header and readings; returns the prognosis' id.

        Raises:
            PlatformFailed: nothing was posted, or what was posted has been withdrawn.
            HalfPosted: a part of it is there, or may be.
        """
        self._bodies = reading_bodies(self.programme)
        self._prognosis_id = await self._post_header()
        for body in self._bodies:
            body["datapointPrognosisId"] = self._prognosis_id
        for body in self._bodies:
            failure = await self._post_reading(body)
            if failure is not None:
                await self._withdraw(failure)
            self._taken += 1
        return str(self._prognosis_id)

    async def _post_header(self) -> Any:  # noqa: ANN401 - an id is a number or a text
        time = self.programme.made_at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        header = {"datapointId": self.datapoint["id"], "time": time}
        try:
            answer = await self.client.post(HEADERS, header)
        except CallFailed as failure:
            if failure.is_refusal or not failure.was_sent:
                raise
            raise await self._what_became_of_the_header(failure) from None
        try:
            created = read_json(answer, exact=False)
        except NotJson:
            created = None
        if not isinstance(created, Mapping) or created.get("id") is None:
            raise self._half(f"POST {HEADERS}: the platform took the plan's header but did not say its id")
        return created["id"]

    async def _what_became_of_the_header(self, failure: CallFailed) -> PlatformFailed | HalfPosted:
        """The failure itself if the platform is done with it and nothing has changed, else what an operator can do."""
        unknown = f"{failure}: it is not known whether the platform took the header of the plan"
        before = self.datapoint.get("lastPrognosisId")
        try:
            last = (await self.find_datapoint()).get("lastPrognosisId")
        except PlatformFailed:
            return self._half(unknown)
        if last != before:
            return self._half(f"{unknown}; prognosis {last} is new: delete it if it is empty")
        return failure if failure.is_over else self._half(f"{unknown}; prognosis {before} is still the newest")

    async def _post_reading(self, body: Mapping[str, Any]) -> PlatformFailed | None:
        """Post one reading; None when the platform has it, else why it has not."""
        while True:
            try:
                await self.client.post(READINGS, body)
            except CallFailed as failure:
                if failure.is_refusal:
                    return failure
                there = await self._times_there()
                if failure.was_sent and utc_time(body["time"]) in there:
                    return None
                shows_what_it_took = {utc_time(own["time"]) for own in self._bodies[: self._taken]} <= there
                if not (failure.is_over and shows_what_it_took) or self._repeats == MOST_REPEATS:
                    return failure
                await anyio.sleep(self.client.pauses_s[0] if self.client.pauses_s else 0.0)
                self._repeats += 1
            else:
                return None

    async def _times_there(self) -> set[object]:
        """When the readings are that the platform shows of this prognosis; none if it cannot be asked."""
        try:
            items = await readings_of(self.client, self._prognosis_id)
        except PlatformFailed:
            return set()
        return {utc_time(item.get("time")) for item in items if isinstance(item, Mapping)}

    async def _withdraw(self, failure: PlatformFailed) -> NoReturn:
        """Take the header back, and with it what was posted of the plan; always raises."""
        at_step = f"step {self._taken + 1} of {len(self._bodies)} failed ({failure})"
        try:
            await self.client.delete(f"{HEADERS}/{self._prognosis_id}")
            last = (await self.find_datapoint()).get("lastPrognosisId")
        except PlatformFailed as refusal:
            words = f"{at_step} and the plan could not be withdrawn ({refusal})"
            raise self._half(f"{words}: delete prognosis {self._prognosis_id}, it is half done") from None
        if last == self._prognosis_id:
            words = f"{at_step} and the plan was withdrawn, but its datapoint still names prognosis {last}"
            raise self._half(words) from None
        raise PlatformFailed(f"{at_step}; prognosis {self._prognosis_id} was withdrawn") from None

    def _half(self, sentence: str) -> HalfPosted:
        return HalfPosted(
            f"{sentence}; the platform took {self._taken} of {len(self._bodies)} steps",
            prognosis_id=None if self._prognosis_id is None else str(self._prognosis_id),
            posted=self._taken,
            steps=len(self._bodies),
        )


def reading_bodies(programme: ChargeProgramme) -> list[dict[str, Any]]:
    """The programme's steps as readings in W, each at its step's beginning."""
    return [
        {
            "time": utc_text(programme.start + timedelta(seconds=programme.step_s * step)),
            "value": units.watts(charge_kw),
        }
        for step, charge_kw in enumerate(programme.charge_kw)
    ]
