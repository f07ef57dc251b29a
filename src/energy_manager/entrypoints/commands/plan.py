"""``energy-manager plan …``: JSON in, from a file or standard input; the plan as JSON on standard output."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Literal, TypeVar

import typer

from energy_manager.application.planner_result import Planned
from energy_manager.domain.errors import Fault, Refused
from energy_manager.entrypoints.commands.activating import (
    Activate,
    AssetName,
    ForMinutes,
    From,
    Order,
    ScheduleName,
    SiteOption,
    activate,
)
from energy_manager.entrypoints.commands.streams import print_document, read_request, unwrap

if TYPE_CHECKING:
    from energy_manager.entrypoints.documents.activation import PlanWithSchedule, Wish

Options = TypeVar("Options")

plan = typer.Typer(help="Plan: a request as JSON in, from FILE or standard input (-); the plan as JSON out.")

RequestFile = Annotated[str, typer.Argument(metavar="[FILE|-]", help="The request: a file, or - for standard input.")]


@plan.command()
def production(
    file: RequestFile = "-",
    *,
    co2: Annotated[
        bool | None, typer.Option("--co2/--no-co2", help="Whether burning gas pays for its CO2.", show_default=False)
    ] = None,
    wind: Annotated[
        str | None, typer.Option(metavar="on_off|curtail", help="Wind parks run fully or not at all, or are curtailed.")
    ] = None,
    is_activated: Activate = False,
    site: SiteOption = None,
    schedule_id: ScheduleName = None,
    start: From = None,
    minutes: ForMinutes = None,
) -> None:
    """Which power plants run, and at what power, for a load."""
    from energy_manager.entrypoints.documents.production import (  # noqa: PLC0415 - late
        activate_production_document,
        plan_production_document,
    )
    from energy_manager.entrypoints.options import production_options  # noqa: PLC0415
    from energy_manager.entrypoints.settings import load_settings  # noqa: PLC0415

    options = production_options(load_settings().production)
    options = replace(
        options,
        co2=options.co2 if co2 is None else co2,
        wind=options.wind if wind is None else _wind(wind),
    )
    order = Order(is_given=is_activated, site=site, schedule_id=schedule_id, start=start, minutes=minutes)
    _answer(file, options, plan_production_document, activate_production_document, order)


@plan.command()
def flexibility(
    file: RequestFile = "-",
    *,
    is_activated: Activate = False,
    site: SiteOption = None,
    schedule_id: ScheduleName = None,
    start: From = None,
    minutes: ForMinutes = None,
) -> None:
    """The cheapest assets that reach a volume: the registry's, or those in the request.

    An activation holds for the date of the request (UTC), unless --from or --for say otherwise.
    """
    from energy_manager.entrypoints.documents.flexibility import (  # noqa: PLC0415 - late
        activate_flexibility_document,
        plan_flexibility_document,
    )
    from energy_manager.entrypoints.options import flexibility_options  # noqa: PLC0415
    from energy_manager.entrypoints.settings import load_settings  # noqa: PLC0415

    options = flexibility_options(load_settings().flexibility)
    order = Order(is_given=is_activated, site=site, schedule_id=schedule_id, start=start, minutes=minutes)
    _answer(file, options, plan_flexibility_document, activate_flexibility_document, order)


@plan.command("peak-shaving")
def peak_shaving(
    file: RequestFile = "-",
    *,
    is_activated: Activate = False,
    site: SiteOption = None,
    schedule_id: ScheduleName = None,
    asset: AssetName = None,
) -> None:
    """Change storage schedules as little as possible so that the grid connection stays inside its limits."""
    from energy_manager.entrypoints.documents.peak_shaving import (  # noqa: PLC0415 - late
        activate_peak_shaving_document,
        plan_peak_shaving_document,
    )
    from energy_manager.entrypoints.options import peak_shaving_options  # noqa: PLC0415
    from energy_manager.entrypoints.settings import load_settings  # noqa: PLC0415

    options = peak_shaving_options(load_settings().peak_shaving)
    order = Order(is_given=is_activated, site=site, schedule_id=schedule_id, asset=asset)
    _answer(file, options, plan_peak_shaving_document, activate_peak_shaving_document, order)


@plan.command()
def appliances(
    file: RequestFile = "-",
    *,
    is_activated: Activate = False,
    site: SiteOption = None,
    schedule_id: ScheduleName = None,
) -> None:
    """When each appliance of a day may run, under its home's power threshold."""
    from energy_manager.entrypoints.documents.appliances import (  # noqa: PLC0415 - late
        activate_appliances_document,
        plan_appliances_document,
    )
    from energy_manager.entrypoints.options import appliances_options  # noqa: PLC0415
    from energy_manager.entrypoints.settings import load_settings  # noqa: PLC0415

    options = appliances_options(load_settings().appliances)
    order = Order(is_given=is_activated, site=site, schedule_id=schedule_id)
    _answer(file, options, plan_appliances_document, activate_appliances_document, order)


def _wind(word: str) -> Literal["on_off", "curtail"]:
    if word == "on_off":
        return "on_off"
    if word == "curtail":
        return "curtail"
    raise Refused([Fault(field="--wind", message=f"{word!r} is neither on_off nor curtail")])


def _answer(
    file: str,
    options: Options,
    plan_document: Callable[[bytes, Options], Planned[bytes]],
    activate_document: Callable[[bytes, Options, Wish], Planned[PlanWithSchedule]],
    order: Order,
) -> None:
    """Plan, and activate the plan if that is ordered."""
    order.refuse_without_effect()
    text = read_request(file)
    if order.is_given:
        activate(order, lambda wish: activate_document(text, options, wish))
    else:
        print_document(unwrap(plan_document(text, options)))
