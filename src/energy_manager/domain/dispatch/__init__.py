"""Job 1, dispatch: what each asset is told when some fall short of their schedule."""

from energy_manager.domain.dispatch.asset_status import (
    AssetState as AssetState,
    asset_state as asset_state,
    AssetStatus as AssetStatus,
    OfStatuses as OfStatuses,
    usable_potentials as usable_potentials,
)
from energy_manager.domain.dispatch.control import (
    NOBODY as NOBODY,
    Controlled as Controlled,
    Taken as Taken,
    UnderControl as UnderControl,
    left_behind as left_behind,
)
from energy_manager.domain.dispatch.deciding import POLICIES as POLICIES, decide as decide, powers_in as powers_in
from energy_manager.domain.dispatch.obedience import (
    OBEYS as OBEYS,
    Obedience as Obedience,
    counts_as as counts_as,
    lowest_of as lowest_of,
)
from energy_manager.domain.dispatch.policy import (
    Dispatch as Dispatch,
    DispatchPolicy as DispatchPolicy,
    FollowSchedule as FollowSchedule,
)
from energy_manager.domain.dispatch.proportional_redistribution import (
    ProportionalRedistribution as ProportionalRedistribution,
)
