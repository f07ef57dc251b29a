"""What holds for a home in the programme of appliance runs: its limit, its battery, what it imports."""

from __future__ import annotations

from energy_manager.adapters.solvers.appliances_rows import INF, ApplianceProgram
from energy_manager.domain.appliances.optimisation.problem import HomeLimits
from energy_manager.domain.appliances.units import US_PER_HOUR

# Kept above the floor: more than rounding the power down to whole microwatts costs in two days, kWh.
_ROUNDING_KWH = 1e-6


def add_home(programme: ApplianceProgram, home: HomeLimits, load: list[list[tuple[int, float]]]) -> None:
    """Load and charging stay under the home's limit; the battery stays within its range."""
    rows, axis_us = programme.rows, programme.axis_us
    if home.battery is not None:
        _add_battery(programme, home)
    charges = programme.charges.get(home.household)
    for piece, entries in enumerate(load):
        limit_kw = float(home.limit_w.at(axis_us[piece])) / 1000
        if charges is not None:
            rows.row(-INF, [*entries, (charges[piece], 1.0)], limit_kw)
        elif sum(value for _, value in entries) > limit_kw:
            rows.row(-INF, entries, limit_kw)


def _add_battery(programme: ApplianceProgram, home: HomeLimits) -> None:
    battery = home.battery
    assert battery is not None
    rows, axis_us = programme.rows, programme.axis_us
    power_kw = float(battery.power_w) / 1000
    stored_kwh = float(battery.stored_wh) / 1000
    floor_kwh = float(battery.floor_wus) / US_PER_HOUR / 1000
    capacity_kwh = float(battery.capacity_wh) / 1000
    lowest_kwh = min(stored_kwh, floor_kwh + _ROUNDING_KWH)
    charges: list[int] = []
    stored: list[int] = []
    above: list[int] = []
    for piece in range(len(axis_us) - 1):
        hours = (axis_us[piece + 1] - axis_us[piece]) / US_PER_HOUR
        charge = rows.column(-power_kw, power_kw)
        energy = rows.column(lowest_kwh, capacity_kwh)
        entries = [(energy, 1.0), (charge, -hours)]
        if stored:
            rows.row(0, [*entries, (stored[-1], -1.0)], 0)
        else:
            rows.row(stored_kwh, entries, stored_kwh)
        charges.append(charge)
        stored.append(energy)
        if stored_kwh < floor_kwh:
            # Below its floor a battery only charges; once it is above at the end of a piece it stays so.
            is_above = rows.column(0, 1, is_whole=True)
            rows.row(0, [(charge, 1.0), (is_above, power_kw)], INF)
            rows.row(stored_kwh, [(energy, 1.0), (is_above, stored_kwh - floor_kwh - _ROUNDING_KWH)], INF)
            if above:
                rows.row(0, [(is_above, 1.0), (above[-1], -1.0)], INF)
            above.append(is_above)
    programme.above_floor.extend(above)
    programme.charges[home.household] = charges
    programme.stored[home.household] = stored


def add_exchange(programme: ApplianceProgram, piece: int, entries: list[tuple[int, float]], fixed_kw: float) -> None:
    """max(0, net load) of a piece as import, and what it is above the net load as feed-in, where that has a price.

    Where importing and feeding in at once would pay a binary keeps the import from being more.
    """
    rows, problem, at_us = programme.rows, programme.problem, programme.axis_us[piece]
    column = rows.column(0, INF)
    programme.imports[piece] = column
    price, feed_in = problem.price_eur_per_mwh, problem.feed_in_eur_per_mwh
    sold = 0 if feed_in is None else feed_in.at(at_us)
    net = [(column, 1.0), *((place, -value) for place, value in entries)]
    if sold:
        programme.exports[piece] = rows.column(0, INF)
        rows.row(fixed_kw, [*net, (programme.exports[piece], -1.0)], fixed_kw)
    else:
        rows.row(fixed_kw, net, INF)
    if price is not None and price.at(at_us) < sold:
        most_kw = sum(abs(value) * max(abs(rows.lower[place]), abs(rows.upper[place])) for place, value in entries)
        most_kw += abs(fixed_kw) + 1
        is_import = rows.column(0, 1, is_whole=True)
        rows.row(-INF, [(column, 1.0), (is_import, -most_kw)], 0)
        rows.row(
            -INF,
            [(column, 1.0), (is_import, most_kw), *((place, -value) for place, value in entries)],
            most_kw + fixed_kw,
        )
