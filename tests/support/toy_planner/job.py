"""The definition of the planner: what routes, command, OpenAPI, metrics and ``check`` need to know of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from pydantic import Field, TypeAdapter
from typing_extensions import TypedDict

from energy_manager.adapters.texts.json_text import write_json
from energy_manager.domain.schedule import Schedule, Source, TimeBlock
from energy_manager.entrypoints.jobs import Outline
from energy_manager.entrypoints.jobs.definition import ActivationOptions, Arguments, Form, PlanningJob
from energy_manager.entrypoints.jobs.exact import ExactModel, Number, RequestModel
from energy_manager.entrypoints.settings import Settings
from tests.support.toy_planner.domain import Shares, share_out


class SharingRequest(ExactModel):
    power_kw: Annotated[int, Number(at_least=1, at_most=1000, description="kW")]
    assets: Annotated[list[str], Field(min_length=1)]


class SharingAnswer(TypedDict):
    each_kw: int


class SharingArguments(Arguments):
    spare: int | None = Field(None, description="so many more parts are kept")


@dataclass(frozen=True, slots=True, kw_only=True)
class SharingOptions:
    spare: int = 0
    time_limit_s: float = 60.0


REQUEST: RequestModel[SharingRequest] = RequestModel(SharingRequest)


def schedule(request: SharingRequest, found: Shares, activation: ActivationOptions) -> Schedule:
    start, end = activation.now, activation.now + timedelta(hours=1)
    targets = dict.fromkeys(request.assets, found.each_kw * activation.site.steps_per_kw)
    blocks = (TimeBlock(start=start, end=end, targets=targets),)
    return Schedule(id=activation.schedule_id or "toy", source=Source.MANUAL, blocks=blocks)


def options_of(_: Settings, said: SharingArguments) -> SharingOptions:
    return SharingOptions(spare=said.spare or 0)


def plan(request: SharingRequest, options: SharingOptions) -> Shares:
    return share_out(request.power_kw, len(request.assets) + options.spare)


ENTRY = Outline(
    name="toy_sharing", module=__name__, schedules_of="manual", time_limit_s=lambda _: SharingOptions().time_limit_s
)

JOB: PlanningJob[SharingRequest, Shares, SharingOptions, SharingArguments] = PlanningJob(
    outline=ENTRY,
    summary="A power in equal parts.",
    no_plan="there are no equal parts",
    forms=(
        Form(
            path=ENTRY.path,
            summary="A power in equal parts",
            request=REQUEST,
            example=lambda: {"power_kw": 10, "assets": ["asset_1", "asset_2"]},
            answer=TypeAdapter(SharingAnswer),
            answer_is="What each part gets",
            read=lambda text, _: REQUEST.read(text),
            write=lambda _, found: write_json({"each_kw": found.each_kw}),
        ),
    ),
    arguments=SharingArguments,
    activation=("schedule_id",),
    options_of=options_of,
    plan=plan,
    gap_of=lambda _: 0.0,
    schedule=schedule,
)
