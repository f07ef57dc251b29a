"""How a site stands, as JSON and back: of all messages this one comes thousands of times a second."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from energy_manager.adapters.fleet.fields import LARGEST, LONGEST_TEXT, Fields, checked_id
from energy_manager.application.ports.fleet.fleet_bus import SiteState
from energy_manager.domain.fleet import Room
from energy_manager.domain.fleet.orders import MOST_KW

MOST_ORDERS = 1_000
"""Of one site."""

MOST_EUR_PER_MWH = 10**6

MOST_ALARMS = 10**6


def state_body(state: SiteState) -> dict[str, Any]:
    """As it is told."""
    return {
        "at": state.at.isoformat(),
        "tick": state.tick,
        "deliver_kw": state.deliver_kw,
        "import_kw": state.import_kw,
        "up_kw": state.room.up_kw,
        "down_kw": state.room.down_kw,
        "up_eur_per_mwh": state.room.up_eur_per_mwh,
        "down_eur_per_mwh": state.room.down_eur_per_mwh,
        "on_time": state.is_on_time,
        "alarms": state.alarms,
        "alarm": state.alarm,
        "acknowledged": state.acknowledged,
        "orders": state.orders,
    }


def read_state(site: str, fields: Fields) -> SiteState:
    """The state of a message.

    Raises:
        Unreadable: it is none.
    """
    return _plain(site, fields.body) or _checked(site, fields)


def _plain(site: str, body: dict[str, Any]) -> SiteState | None:
    """The state where every member is at once seen to be as it should; None: it is to be looked at member by member."""
    get = body.get
    at, alarm, orders, is_on_time = get("at"), get("alarm"), get("orders"), get("on_time")
    tick, alarms, acknowledged = get("tick"), get("alarms"), get("acknowledged", 0)
    up_kw, down_kw, deliver_kw, import_kw = get("up_kw"), get("down_kw"), get("deliver_kw"), get("import_kw")
    up_eur, down_eur = get("up_eur_per_mwh"), get("down_eur_per_mwh")
    if not (
        type(at) is type(alarm) is str
        and at[-6:] == "+00:00"
        and len(alarm) <= LONGEST_TEXT
        and type(up_kw) is type(down_kw) is type(alarms) is type(acknowledged) is type(tick) is int
        and 0 <= up_kw <= MOST_KW
        and 0 <= down_kw <= MOST_KW
        and 0 <= alarms <= MOST_ALARMS
        and 0 <= acknowledged <= MOST_ALARMS
        and -LARGEST <= tick <= LARGEST
        and type(deliver_kw) is float
        and -MOST_KW <= deliver_kw <= MOST_KW
        and (import_kw is None or (type(import_kw) is float and -MOST_KW <= import_kw <= MOST_KW))
        and (up_eur is None or (type(up_eur) is float and abs(up_eur) <= MOST_EUR_PER_MWH))
        and (down_eur is None or (type(down_eur) is float and abs(down_eur) <= MOST_EUR_PER_MWH))
        and type(is_on_time) is bool
        and type(orders) is list
        and len(orders) <= MOST_ORDERS
    ):
        return None
    try:
        instant = datetime.fromisoformat(at)
    except ValueError:
        return None
    return SiteState(
        site=site,
        at=instant if instant.tzinfo is UTC else instant.astimezone(UTC),
        room=Room(up_kw=up_kw, down_kw=down_kw, up_eur_per_mwh=up_eur, down_eur_per_mwh=down_eur),
        tick=tick,
        deliver_kw=deliver_kw,
        import_kw=import_kw,
        is_on_time=is_on_time,
        alarms=alarms,
        alarm=alarm,
        acknowledged=acknowledged,
        orders=tuple(checked_id(order, "orders") for order in orders) if orders else (),
    )


def _checked(site: str, fields: Fields) -> SiteState:
    """Member by member: which one is none is said."""
    room = Room(
        up_kw=max(0, fields.whole("up_kw", most=MOST_KW)),
        down_kw=max(0, fields.whole("down_kw", most=MOST_KW)),
        up_eur_per_mwh=fields.number_if_any("up_eur_per_mwh", most=MOST_EUR_PER_MWH),
        down_eur_per_mwh=fields.number_if_any("down_eur_per_mwh", most=MOST_EUR_PER_MWH),
    )
    return SiteState(
        site=site,
        at=fields.instant("at"),
        room=room,
        tick=fields.whole_if_any("tick"),
        deliver_kw=fields.number_if_any("deliver_kw", most=MOST_KW),
        import_kw=fields.number_if_any("import_kw", most=MOST_KW),
        is_on_time=fields.flag("on_time"),
        alarms=fields.whole("alarms", least=0, most=MOST_ALARMS),
        alarm=fields.text("alarm"),
        acknowledged=fields.whole_if_any("acknowledged", least=0, most=MOST_ALARMS) or 0,
        orders=tuple(checked_id(order, "orders") for order in fields.list("orders", most=MOST_ORDERS)),
    )
