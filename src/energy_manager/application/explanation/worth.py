"""Why a storage that follows what its energy is worth does what it does: the two prices, in a sentence."""

from __future__ import annotations

from collections.abc import Iterator

from energy_manager.application.explanation.wording import kilowatts
from energy_manager.application.ports.records.tick import GridHold
from energy_manager.domain.site import STEPS_PER_KW
from energy_manager.domain.storage_value.told_mode import NORMAL

_OUTSIDE_MONEY = 1000.0
"""EUR/kWh; beyond this a value says that a limit or a target needs the energy, whatever it costs."""


def of_worth(hold: GridHold, power_unit: str) -> Iterator[str]:
    """The sentences; ``hold`` has a plan and a target."""
    charge_kw = -(hold.target or 0) / (STEPS_PER_KW["W"] if power_unit == "W" else STEPS_PER_KW["kW"])
    if hold.currency and hold.mode == NORMAL and hold.next_value_per_kwh is None and hold.last_value_per_kwh is None:
        yield f"It {_does(charge_kw)}: it takes surplus and covers load until it is known what forecasts miss."
        return
    yield f"It follows what its energy is worth, by {hold.plan}; the mode is {hold.mode}."
    if not hold.currency:
        yield f"It {_does(charge_kw)}: there is no tariff, so it takes surplus and covers load."
        return
    yield f"It {_does(charge_kw)}: {_because(hold, charge_kw)}."


def _does(charge_kw: float) -> str:
    if charge_kw == 0.0:
        return "rests"
    return f"{'charges' if charge_kw > 0.0 else 'discharges'} {kilowatts(abs(charge_kw))}"


def _because(hold: GridHold, charge_kw: float) -> str:
    buys, sells = _price("from the grid costs", hold.buy_per_kwh, hold), _price("fed in earns", hold.sell_per_kwh, hold)
    following, last = _worth("next", hold.next_value_per_kwh, hold), _worth("last", hold.last_value_per_kwh, hold)
    if charge_kw > 0.0:
        return f"{buys if hold.mode == 'charge' else sells}, {following}"
    if charge_kw < 0.0:
        refill = f", to be refilled {hold.refill}" if hold.refill else ""
        return f"{sells if hold.mode == 'feed' else buys}, {last}{refill}"
    return f"{buys}, {sells}, {following}, {last}"


def _price(what: str, per_kwh: float | None, hold: GridHold) -> str:
    return f"a kWh {what} {'an unknown price' if per_kwh is None else _money(per_kwh, hold.currency)}"


def _worth(which: str, value: float | None, hold: GridHold) -> str:
    if value is None:
        return "there is no room for more" if which == "next" else "there is nothing left to give"
    if abs(value) > _OUTSIDE_MONEY:
        return f"the {which} stored kWh is needed whatever it costs"
    return f"the {which} stored kWh is worth {_money(value, hold.currency)}"


def _money(per_kwh: float, currency: str) -> str:
    """``31 ct``, ``8.5 ct``; other currencies by their name."""
    if currency == "EUR":
        return f"{100 * per_kwh:.3g} ct"
    return f"{per_kwh:.3g} {currency}"
