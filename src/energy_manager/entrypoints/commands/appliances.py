"""``energy-manager appliances …``: households, appliances and runs, on the store that ``run`` works with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from energy_manager.domain.errors import Fault, Infeasible, Refused
from energy_manager.entrypoints.command_line.terminal import is_for_people
from energy_manager.entrypoints.commands.lists import UNATTENDED, AsJson, print_json, print_table, print_timetable
from energy_manager.entrypoints.commands.streams import print_line

if TYPE_CHECKING:
    from energy_manager.application.appliances import ApplianceService

appliances = typer.Typer(help="Smart homes: what runs when, on the same store as the running server.")

Household = Annotated[str, typer.Argument(metavar="HOUSEHOLD", help="The household's name.")]
RunId = Annotated[str, typer.Argument(metavar="RUN", help="The run's id, from the answer to its request.")]
Power = Annotated[float | None, typer.Option("--power-w", help="What it draws while it runs, W.", show_default=False)]
Duration = Annotated[
    float | None, typer.Option("--duration-min", help="How long it runs; left out: until it is ended.")
]
ProfileW = Annotated[
    str | None,
    typer.Option(
        "--profile-w",
        metavar="MIN:W,W,…",
        help="Instead: its power over its time, such as 15:2000,1800,200 (slots of 15 min).",
    ),
]
Delay = Annotated[
    float | None, typer.Option("--max-delay-min", help="The most it may wait in all; left out: no limit.")
]
MayPause = Annotated[bool | None, typer.Option("--interruptible/--whole", help="Whether it may be paused.")]
Priority = Annotated[str | None, typer.Option("--priority", metavar="urgent|normal|low")]


class RunRejected(Infeasible):
    """The run was decided and turned down; what was printed says why and what would do."""

    code = "rejected"


@appliances.command()
def add(
    household: Household,
    appliance: Annotated[str | None, typer.Argument(metavar="[APPLIANCE]", help="Left out: the household.")] = None,
    *,
    threshold_w: Annotated[float | None, typer.Option(help="Of a household: the most it may draw, W.")] = None,
    time_zone: Annotated[str | None, typer.Option(help="Of a household: such as Europe/Brussels.")] = None,
    strategy: Annotated[
        str | None, typer.Option(metavar="earliest|flat|target_peak|cost", help="Of a household.")
    ] = None,
    battery_capacity_wh: Annotated[float | None, typer.Option(help="Of a household's battery, Wh.")] = None,
    battery_power_w: Annotated[float | None, typer.Option(help="The most it charges or discharges with, W.")] = None,
    battery_depth_of_discharge: Annotated[float | None, typer.Option(help="Its usable share; left out: all.")] = None,
    battery_stored_wh: Annotated[float | None, typer.Option(help="What it holds now, Wh; left out: full.")] = None,
    battery_asset: Annotated[
        str | None, typer.Option(help="Asset id of the battery; without one it is planned but not controlled.")
    ] = None,
    profile: Annotated[list[str] | None, typer.Option(help="Of an appliance: what it may run; see list.")] = None,
    power_w: Power = None,
    duration_min: Duration = None,
    profile_w: ProfileW = None,
    max_delay_min: Delay = None,
    interruptible: MayPause = None,
    priority: Priority = None,
    asset: Annotated[str | None, typer.Option(help="Of an appliance: its asset in the site file.")] = None,
) -> None:
    """Register a household, or an appliance in one; what is there already is changed into this."""
    of_battery = {
        "battery_capacity_wh": battery_capacity_wh,
        "battery_power_w": battery_power_w,
        "battery_depth_of_discharge": battery_depth_of_discharge,
        "battery_stored_wh": battery_stored_wh,
        "battery_asset": battery_asset,
    }
    of_household = {"threshold_w": threshold_w, "time_zone": time_zone, "strategy": strategy}
    of_appliance = {
        "profiles": profile or None,
        "power_w": power_w,
        "duration_min": duration_min,
        "profile_w": _profile(profile_w),
        "max_delay_min": max_delay_min,
        "interruptible": interruptible,
        "priority": priority,
        "asset": asset,
    }
    if appliance is None:
        _refuse_options(of_appliance, "belongs to an appliance; name one after the household")
        _add_household(household, _stated(of_household), _stated(of_battery))
    else:
        _refuse_options(of_household | of_battery, "belongs to a household; leave the appliance out")
        _add_appliance(household, appliance, _stated(of_appliance))


def _add_household(household: str, stated: dict[str, Any], of_battery: dict[str, Any]) -> None:
    with _live() as live:
        from energy_manager.application.appliances.views import household_answer  # noqa: PLC0415 - late
        from energy_manager.entrypoints.documents.households import HOUSEHOLD, exactly  # noqa: PLC0415

        battery = {name.removeprefix("battery_"): value for name, value in of_battery.items()}
        document = stated | ({"battery": battery} if battery else {})
        print_json(household_answer(live.put_household(household, HOUSEHOLD.of_document(exactly(document))), household))
        _write_down(live, "household put", household, document)


def _add_appliance(household: str, appliance: str, document: dict[str, Any]) -> None:
    with _live() as live:
        from energy_manager.application.appliances.views import installed_answer  # noqa: PLC0415 - late
        from energy_manager.entrypoints.documents.households import APPLIANCE, exactly  # noqa: PLC0415

        put = live.put_appliance(household, appliance, APPLIANCE.of_document(exactly(document)))
        print_json(installed_answer(put))
        _write_down(live, f"appliance put: {appliance}", household, document)


@appliances.command("list")
def list_(
    *,
    profiles: Annotated[bool, typer.Option("--profiles", help="The catalogue of appliance profiles instead.")] = False,
    as_json: AsJson = False,
) -> None:
    """All households with their appliances; JSON in a pipe too."""
    from energy_manager.application.appliances.views import catalogue_answer, household_answer  # noqa: PLC0415

    if profiles:
        print_json(catalogue_answer())
        return
    with _live() as live:
        building = live.look()
        homes = [household_answer(building, name) for name in building.table.homes]
    if as_json or not is_for_people():
        print_json(homes)
        return
    print_table(
        ("home", "threshold", "strategy", "booked now", "appliances"),
        [
            (
                home["id"],
                f"{home['threshold_w']:g} W",
                home["strategy"],
                f"{home['booked_w']:g} W",
                ", ".join(appliance["name"] for appliance in home["appliances"]),
            )
            for home in homes
        ],
    )


@appliances.command()
def request(
    household: Household,
    appliance: Annotated[str, typer.Argument(metavar="APPLIANCE")],
    *,
    profile: Annotated[str | None, typer.Option(help="Needed where the appliance has several.")] = None,
    power_w: Power = None,
    duration_min: Duration = None,
    profile_w: ProfileW = None,
    max_delay_min: Delay = None,
    interruptible: MayPause = None,
    priority: Priority = None,
    not_before: Annotated[
        str | None, typer.Option(metavar="TIME", help="HH:MM of the household's clock, or ISO 8601 with a zone.")
    ] = None,
    ready_by: Annotated[str | None, typer.Option(metavar="TIME", help="As --not-before: it is over by then.")] = None,
    queue: Annotated[bool, typer.Option("--queue", help="Wait behind its run instead of being refused.")] = False,
) -> None:
    """Ask for a run from now on; ends with 3 when it is rejected, and says what would do."""
    stated = _stated(
        {
            "profile": profile,
            "power_w": power_w,
            "duration_min": duration_min,
            "profile_w": _profile(profile_w),
            "max_delay_min": max_delay_min,
            "interruptible": interruptible,
            "priority": priority,
            "not_before": not_before,
            "ready_by": ready_by,
        }
    )
    with _live() as live:
        from energy_manager.application.appliances.views import decided_answer  # noqa: PLC0415 - late
        from energy_manager.entrypoints.documents.households import RUN, exactly  # noqa: PLC0415

        asked = {"household": household, "appliance": appliance, "queue": queue, **stated}
        building, decision = live.request(RUN.of_document(exactly(asked)))
        print_json(decided_answer(building, decision))
        _write_down(live, "run requested", household, {"appliance": appliance, **stated, "outcome": decision.outcome})
    if decision.outcome == "rejected":
        raise RunRejected(decision.reason or "rejected")
    if building.unattended_us is not None:
        print_line(UNATTENDED, to_stderr=True)


@appliances.command()
def timetable(
    *,
    household: Annotated[str | None, typer.Option(help="Only this household's.", show_default=False)] = None,
    as_json: AsJson = False,
) -> None:
    """Households, runs and alerts as they are now; JSON in a pipe too."""
    from zoneinfo import ZoneInfo  # noqa: PLC0415 - the help needs it not

    with _live() as live:
        from energy_manager.application.appliances.views import timetable_answer  # noqa: PLC0415 - late

        building = live.look()
        answer = timetable_answer(building, household)
        zones = {name: ZoneInfo(building.household(name).time_zone) for name in building.table.homes}
    if as_json or not is_for_people():
        print_json(answer)
    else:
        print_timetable(answer, zones)


@appliances.command()
def finish(run: RunId) -> None:
    """The run ended by itself; what waits is tried earlier."""
    _end(run, "finish")


@appliances.command()
def cancel(run: RunId) -> None:
    """Give a run up; what waits is tried earlier."""
    _end(run, "cancel")


def _end(run_id: str, how: str) -> None:
    with _live() as live:
        from energy_manager.application.appliances.views import run_answer  # noqa: PLC0415 - late

        print_json(run_answer(live.finish(run_id) if how == "finish" else live.cancel(run_id), run_id))
        _write_down(live, f"run {how}", run_id, None)


@contextmanager
def _live() -> Iterator[ApplianceService]:
    from energy_manager.entrypoints.container.appliances import appliances_beside  # noqa: PLC0415 - with SQLAlchemy
    from energy_manager.entrypoints.container.store.store import opened_store  # noqa: PLC0415
    from energy_manager.entrypoints.settings import load_settings  # noqa: PLC0415

    settings = load_settings().appliances
    with opened_store() as store:
        yield appliances_beside(settings, store.repository)


def _write_down(live: ApplianceService, action: str, subject: str, after: object) -> None:

    from energy_manager.entrypoints.container.store.store import commit_command  # noqa: PLC0415 - late

    commit_command(live.kept.store, action[:60], subject, after=after)


def _profile(stated: str | None) -> dict[str, object] | None:
    """``15:2000,1800,200`` as the document has it."""
    if stated is None:
        return None
    slot, _, values = stated.partition(":")
    try:
        return {"resolution_min": float(slot), "values": [float(watts) for watts in values.split(",")]}
    except ValueError:
        message = f"{stated!r} is not minutes, a colon and watts, such as 15:2000,1800,200"
        raise Refused.at("--profile-w", message) from None


def _stated(options: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}


def _refuse_options(options: dict[str, Any], message: str) -> None:
    faults = [
        Fault(field=f"--{'profile' if name == 'profiles' else name.replace('_', '-')}", message=message)
        for name in _stated(options)
    ]
    if faults:
        raise Refused(faults)
