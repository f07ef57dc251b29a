"""Many sites as one portfolio: what they offer, what they are ordered, and what they deliver."""

from energy_manager.domain.fleet.activation import FleetActivation as FleetActivation
from energy_manager.domain.fleet.explaining import Choice as Choice, reasons as reasons, why as why
from energy_manager.domain.fleet.facts import (
    BEAT as BEAT,
    Answered as Answered,
    Fact as Fact,
    Measured as Measured,
    Unreachable as Unreachable,
    Written as Written,
)
from energy_manager.domain.fleet.machine import (
    Moves as Moves,
    heard as heard,
    next_look as next_look,
    next_moves as next_moves,
)
from energy_manager.domain.fleet.names import (
    checked_site as checked_site,
    id_fault as id_fault,
    site_fault as site_fault,
)
from energy_manager.domain.fleet.offers import (
    PriceSource as PriceSource,
    RegisteredOffer as RegisteredOffer,
    Room as Room,
    Select as Select,
    SiteOffer as SiteOffer,
    choice_of as choice_of,
    offers_of as offers_of,
    without_needless as without_needless,
)
from energy_manager.domain.fleet.orders import (
    FOLLOWING as FOLLOWING,
    LIVE as LIVE,
    UNANSWERED as UNANSWERED,
    Direction as Direction,
    Order as Order,
    OrderRecord as OrderRecord,
    OrderState as OrderState,
)
from energy_manager.domain.fleet.portfolio import Portfolio as Portfolio
from energy_manager.domain.fleet.settlement import (
    Delivered as Delivered,
    SettlementRow as SettlementRow,
    quarter_number as quarter_number,
    quarter_start as quarter_start,
    settle as settle,
)
from energy_manager.domain.fleet.splitting import (
    Energy as Energy,
    MeasuredPower as MeasuredPower,
    energy as energy,
    split as split,
)
