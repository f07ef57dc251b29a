"""Many sites as one portfolio: what they offer, what they are ordered, and what they deliver."""

from energy_manager.domain.fleet.activation import FleetActivation
from energy_manager.domain.fleet.explaining import Choice, reasons, why
from energy_manager.domain.fleet.facts import BEAT, Answered, Fact, Measured, Unreachable, Written
from energy_manager.domain.fleet.machine import Moves, heard, next_look, next_moves
from energy_manager.domain.fleet.names import checked_site, id_fault, site_fault
from energy_manager.domain.fleet.offers import (
    PriceSource,
    RegisteredOffer,
    Room,
    Select,
    SiteOffer,
    choice_of,
    offers_of,
    without_needless,
)
from energy_manager.domain.fleet.orders import (
    FOLLOWING,
    LIVE,
    UNANSWERED,
    Direction,
    Order,
    OrderRecord,
    OrderState,
)
from energy_manager.domain.fleet.portfolio import Portfolio
from energy_manager.domain.fleet.settlement import (
    Delivered,
    SettlementRow,
    quarter_number,
    quarter_start,
    settle,
)
from energy_manager.domain.fleet.splitting import Energy, MeasuredPower, energy, split

__all__ = [
    "BEAT",
    "FOLLOWING",
    "LIVE",
    "UNANSWERED",
    "Answered",
    "Choice",
    "Delivered",
    "Direction",
    "Energy",
    "Fact",
    "FleetActivation",
    "Measured",
    "MeasuredPower",
    "Moves",
    "Order",
    "OrderRecord",
    "OrderState",
    "Portfolio",
    "PriceSource",
    "RegisteredOffer",
    "Room",
    "Select",
    "SettlementRow",
    "SiteOffer",
    "Unreachable",
    "Written",
    "checked_site",
    "choice_of",
    "energy",
    "heard",
    "id_fault",
    "next_look",
    "next_moves",
    "offers_of",
    "quarter_number",
    "quarter_start",
    "reasons",
    "settle",
    "site_fault",
    "split",
    "why",
    "without_needless",
]
