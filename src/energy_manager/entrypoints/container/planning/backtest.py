"""The files of a backtest, read and played."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ValidationError

from energy_manager.adapters.records.reports.backtest_picture import Bars, bars_picture
from energy_manager.adapters.texts.series_csv import read_csv_series
from energy_manager.adapters.texts.utf8_text import read_utf8_file
from energy_manager.application.least_cost.backtest import Backtest, NamedTariff, Outcome, Series
from energy_manager.domain.errors import Fault, Refused
from energy_manager.domain.least_cost.backtest import Battery
from energy_manager.entrypoints.documents.backtest import backtest_document, monthly_costs
from energy_manager.entrypoints.site_file.tariff import TariffEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """The answer, the picture of the first tariff, and a few sentences."""

    document: dict[str, Any]
    picture: str
    summary: tuple[str, ...]


class _TariffFile(BaseModel, extra="ignore"):
    """A site file, or any other, of which only the tariff counts here."""

    tariff: TariffEntry


def run_backtest(
    *,
    load: Path,
    production: Path | None,
    prices: Path,
    tariffs: Sequence[Path],
    feed_in: Decimal,
    battery: Battery,
    zone: ZoneInfo,
    tell_progress: Callable[[int, int], None],
) -> Played:
    """Read the files, play the time under each tariff.

    Raises:
        Refused: a file cannot be read, or the series do not fit together.
    """
    named = [_tariff(path, zone) for path in tariffs] or [NamedTariff(name="prices as given", feed_in=feed_in)]
    currencies = {each.tariff.currency for each in named if each.tariff is not None} or {"EUR"}
    if len(currencies) > 1:
        raise Refused.at("--tariff", f"must have one currency, not {' and '.join(sorted(currencies))}")
    (currency,) = currencies
    use_case = Backtest(
        load=_series(load, zone, "power"),
        production=None if production is None else _series(production, zone, "power"),
        spot=_series(prices, zone, "price"),
        battery=battery,
        zone=zone,
        tell_progress=tell_progress,
    )
    outcomes = use_case(named)
    assumptions = [*use_case.remarks, *_of_tariffs(named)]
    return Played(
        document=backtest_document(outcomes, battery, currency=currency, assumptions=assumptions),
        picture=_picture(outcomes[0], currency),
        summary=tuple(_summary(outcome, currency) for outcome in outcomes),
    )


def _series(path: Path, zone: ZoneInfo, of: Literal["power", "price"]) -> Series:
    try:
        text = path.read_bytes()
    except OSError as error:
        raise Refused.at(str(path), f"cannot be read: {error.strerror}") from None
    read = read_csv_series(text, name=str(path), zone=zone, of=of)
    return Series(times_s=read.times_s, values=read.values)


def _tariff(path: Path, zone: ZoneInfo) -> NamedTariff:
    try:
        tables = tomllib.loads(read_utf8_file(path))
        entry = _TariffFile.model_validate(tables).tariff
    except tomllib.TOMLDecodeError as error:
        raise Refused.at(str(path), f"is no TOML: {error}") from None
    except ValidationError as error:
        faults = [
            Fault(field=f"{path}: {'.'.join(str(part) for part in found['loc'])}", message=found["msg"])
            for found in error.errors()
        ]
        raise Refused(faults) from None
    return NamedTariff(name=path.stem, tariff=entry.tariff(zone.key))


def _of_tariffs(named: Sequence[NamedTariff]) -> list[str]:
    if named[0].tariff is None:
        return [f"prices are final purchase prices as they are given; feeding in earns {named[0].feed_in:f} per kWh"]
    return ["prices are spot prices; the tariffs add their charges and VAT"]


def _summary(outcome: Outcome, currency: str) -> str:
    comparison, costs = outcome.comparison, outcome.comparison.costs
    share = (
        "" if comparison.share is None else f", {comparison.share:.0%} of the {comparison.possible_eur:.2f} possible"
    )
    return (
        f"{outcome.name}: {costs.by_rule.sum():.2f} {currency} by the self-consumption rule, "
        f"{costs.by_value.sum():.2f} by the value of energy ({comparison.saved_eur:.2f} saved{share}), "
        f"{costs.foreseen.sum():.2f} with perfect foresight, {costs.without_battery.sum():.2f} without battery"
    )


def _picture(outcome: Outcome, currency: str) -> str:
    drawn = monthly_costs(outcome, currency=currency)
    ways = [Bars(name=name, colour=colour, costs=costs) for name, colour, costs in drawn.ways]
    return bars_picture(title=drawn.title, sentence=drawn.sentence, labels=drawn.months, ways=ways, unit=currency)
