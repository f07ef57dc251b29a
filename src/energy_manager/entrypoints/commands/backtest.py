"""``energy-manager backtest``: what a battery that follows the value of energy would have saved in a past time."""

from __future__ import annotations

import re
import sys
import time
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from energy_manager.domain.errors import Refused
from energy_manager.entrypoints.commands.streams import print_document, print_line, write_file

if TYPE_CHECKING:
    from energy_manager.domain.least_cost.backtest import Battery

_BATTERY = re.compile(r"\s*(\d+(?:\.\d+)?)\s*kwh\s*/\s*(\d+(?:\.\d+)?)\s*kw\s*", re.IGNORECASE)


def backtest(
    *,
    load: Annotated[Path, typer.Option("--load", metavar="FILE", help="CSV of the load: time, kW (or W, MW, kWh).")],
    prices: Annotated[
        Path, typer.Option("--prices", metavar="FILE", help="CSV of prices: time, EUR/kWh (or ct/kWh, EUR/MWh).")
    ],
    battery: Annotated[str, typer.Option("--battery", metavar="10kWh/5kW", help="What it holds, and its power.")],
    production: Annotated[
        Path | None, typer.Option("--production", metavar="FILE", help="CSV of the sun, as the load; without it none.")
    ] = None,
    tariff: Annotated[
        list[Path] | None,
        typer.Option(
            "--tariff", metavar="FILE", help="TOML with [tariff]; may be said again. Without it prices are final."
        ),
    ] = None,
    feed_in: Annotated[
        str | None,
        typer.Option("--feed-in", metavar="PRICE", help="What a kWh fed in earns without a tariff; 0 if not said."),
    ] = None,
    efficiency: Annotated[
        float, typer.Option("--efficiency", min=0.05, max=1.0, help="In and out again, one after the other.")
    ] = 0.9025,
    wear: Annotated[float, typer.Option("--wear", min=0.0, max=10.0, help="Per kWh in or out.")] = 0.01,
    time_zone: Annotated[
        str, typer.Option("--time-zone", metavar="NAME", help="Of times without a zone, and of the days.")
    ] = "Europe/Berlin",
    picture: Annotated[
        Path | None, typer.Option("--picture", metavar="FILE", help="Draw the months of the first tariff, as SVG.")
    ] = None,
) -> None:
    """Play a past time again: without a battery, by the rule of every inverter, by the value of energy, all foreseen.

    The answer is JSON on standard output; progress and a summary go to standard error.
    """
    from zoneinfo import ZoneInfo, available_timezones  # noqa: PLC0415 - the help needs it not

    from energy_manager.adapters.texts.json_text import write_json  # noqa: PLC0415
    from energy_manager.entrypoints.container.planning.backtest import run_backtest  # noqa: PLC0415 - slow to load

    if time_zone not in available_timezones():
        raise Refused.at("--time-zone", f"{time_zone!r} is no time zone, such as Europe/Berlin")
    if tariff and feed_in is not None:
        raise Refused.at("--feed-in", "is said by the tariff; leave out one of both")
    found = run_backtest(
        load=load,
        production=production,
        prices=prices,
        tariffs=tariff or [],
        feed_in=_price(feed_in),
        battery=_battery(battery, efficiency=efficiency, wear=wear),
        zone=ZoneInfo(time_zone),
        tell_progress=_Progress(),
    )
    if picture is not None:
        write_file(picture, found.picture.encode())
    print_document(write_json(found.document))
    for sentence in found.summary:
        print_line(sentence, to_stderr=True)


def _battery(said: str, *, efficiency: float, wear: float) -> Battery:
    from energy_manager.domain.least_cost.backtest import Battery  # noqa: PLC0415 - numpy

    found = _BATTERY.fullmatch(said)
    if found is None or float(found[1]) <= 0 or float(found[2]) <= 0:
        raise Refused.at("--battery", f"{said!r} is no capacity and power above 0 such as 10kWh/5kW")
    one_way = efficiency**0.5
    return Battery(
        capacity_kwh=float(found[1]),
        power_kw=float(found[2]),
        charge_efficiency=one_way,
        discharge_efficiency=one_way,
        wear_eur_per_kwh=wear,
    )


def _price(said: str | None) -> Decimal:
    try:
        price = Decimal(said or "0")
    except InvalidOperation:
        price = Decimal("NaN")
    if not (price.is_finite() and abs(price) <= 100):
        raise Refused.at("--feed-in", f"{said!r} is no price per kWh from -100 to 100")
    return price


class _Progress:
    """How far it is, on standard error: one line that is written over at a terminal, else a line every tenth.

    How long the rest takes is judged from the first day on, for the workers begin before it.
    """

    def __init__(self) -> None:
        self._began_s = time.monotonic()
        self._first: tuple[int, float] | None = None
        self._told = -1

    def __call__(self, done: int, days: int) -> None:
        now_s = time.monotonic()
        if self._first is None:
            self._first = done, now_s
        is_terminal = sys.stderr is not None and sys.stderr.isatty()
        tenth = 100 * done // days if is_terminal else 10 * done // days
        if tenth == self._told:
            return
        self._told = tenth
        text = f"{done} of {days} days, {now_s - self._began_s:.0f} s"
        first, first_s = self._first
        if done > first:
            text += f", about {(now_s - first_s) / (done - first) * (days - done):.0f} s to go"
        if is_terminal:
            end = "\n" if done == days else ""
            typer.echo(f"\r{text}   {end}", err=True, nl=False)
        else:
            print_line(text, to_stderr=True)
