"""The merit order: plants by what a MWh of theirs costs, in exact whole numbers.

Powers are whole steps of 0.1 MW. A cost per MWh is an exact fraction; beside it stands the *order key*, the fraction
scaled so far up before rounding down that two keys differ exactly when the two costs do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import lcm
from operator import gt
from typing import TypeAlias

from energy_manager.domain.production.plants import STEPS_PER_MW, Fuels, Plant, PlantKind, WindMode

Sort: TypeAlias = tuple[PlantKind, str]
"""Kind and efficiency of a plant, what its cost follows from; as text, since a decimal takes long to be looked up."""

# Burning gas for one MWh of electricity emits 0.3 t of CO2, says the coding challenge.
_CO2_TENTHS_TON_PER_MWH = 3
# At least this many units of an order key per price unit: a cost summed from keys is good to the last printed digit.
_LEAST_KEY_SCALE = 10**30


@dataclass(frozen=True, slots=True, kw_only=True)
class MeritOrder:
    """The plants of a request as a plan sees them: cheapest first, equal costs in the order of the request.

    ``lows`` and ``highs``: steps of 0.1 MW; a plant is off or within its low and high; one that cannot run has both
    at 0. ``keys``: order keys, non-decreasing; ``keys[i] / key_scale`` is the cost in EUR/MWh rounded down, in steps
    of ``1 / key_scale``. ``fractions``: the exact costs as (numerator, denominator) in units of ``1 / price_scale``
    EUR/MWh.
    """

    names: Sequence[str]
    lows: Sequence[int]
    highs: Sequence[int]
    keys: Sequence[int]
    fractions: Sequence[tuple[int, int]]
    key_scale: int
    price_scale: int

    def cost_eur(self, powers: Sequence[int]) -> float:
        """What an hour at these ``powers`` (steps) costs, rounded once from a sum good to 25 digits and more."""
        total = sum(key * power for key, power in zip(self.keys, powers, strict=True) if power)
        return total / (self.key_scale * STEPS_PER_MW)


def merit_order(plants: Sequence[Plant], fuels: Fuels, *, co2: bool, wind: WindMode) -> MeritOrder:
    """Sort ``plants``; every price that they need is stated in ``fuels``."""
    prices = _WholePrices.of(fuels, co2=co2)
    names, kinds, efficiencies, pmins_mw, pmaxs_mw = zip(*plants, strict=True) if plants else ((),) * 5
    sorts = list(zip(kinds, map(str, efficiencies), strict=True))
    fraction_of = prices.fractions(dict(zip(sorts, efficiencies, strict=True)))
    # Unequal fractions a/b and c/d are at least 1/(bd) apart: with this scale, at least one whole unit.
    largest = max((denominator for _, denominator in fraction_of.values()), default=1)
    scale = max(largest * largest, _LEAST_KEY_SCALE)
    key_of = {sort: scale * numerator // denominator for sort, (numerator, denominator) in fraction_of.items()}

    keys = list(map(key_of.__getitem__, sorts))
    fractions = list(map(fraction_of.__getitem__, sorts))
    places = sorted(range(len(keys)), key=keys.__getitem__)
    lows = [STEPS_PER_MW * mw if type(mw) is int else _steps_above(mw) for mw in pmins_mw]
    highs = [STEPS_PER_MW * mw if type(mw) is int else _steps_below(mw) for mw in pmaxs_mw]
    wind_numerator, wind_denominator = (fuels.wind_percent or 0).as_integer_ratio()
    share, parts = STEPS_PER_MW * wind_numerator, 100 * wind_denominator
    for place in [place for place, kind in enumerate(kinds) if kind is PlantKind.WIND_TURBINE]:
        numerator, denominator = pmaxs_mw[place].as_integer_ratio()
        highs[place] = numerator * share // (denominator * parts)
        if wind == WindMode.ON_OFF:
            lows[place] = highs[place]
    if any(map(gt, lows, highs)):
        for place in [place for place, (low, high) in enumerate(zip(lows, highs, strict=True)) if low > high]:
            lows[place] = highs[place] = 0
    return MeritOrder(
        names=list(map(names.__getitem__, places)),
        lows=list(map(lows.__getitem__, places)),
        highs=list(map(highs.__getitem__, places)),
        keys=list(map(keys.__getitem__, places)),
        fractions=list(map(fractions.__getitem__, places)),
        key_scale=scale * prices.scale,
        price_scale=prices.scale,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _WholePrices:
    """Prices per MWh in units of ``1 / scale`` EUR, so that all are whole."""

    gas: int
    kerosine: int
    co2_per_mwh: int
    scale: int

    @classmethod
    def of(cls, fuels: Fuels, *, co2: bool) -> _WholePrices:
        ratios = [
            (0 if price is None else price).as_integer_ratio()
            for price in (fuels.gas_eur_per_mwh, fuels.kerosine_eur_per_mwh, fuels.co2_eur_per_ton if co2 else 0)
        ]
        scale = 10 * lcm(*(denominator for _, denominator in ratios))
        gas, kerosine, co2_per_ton = (numerator * (scale // denominator) for numerator, denominator in ratios)
        return cls(gas=gas, kerosine=kerosine, co2_per_mwh=co2_per_ton // 10 * _CO2_TENTHS_TON_PER_MWH, scale=scale)

    def fractions(self, efficiencies: Mapping[Sort, int | Decimal]) -> dict[Sort, tuple[int, int]]:
        """Fuel price over efficiency, plus CO2 per MWh generated where gas burns; for each kind and efficiency."""
        gas, kerosine, co2 = self.gas, self.kerosine, self.co2_per_mwh
        found: dict[Sort, tuple[int, int]] = {}
        for sort, efficiency in efficiencies.items():
            kind, _ = sort
            numerator, denominator = efficiency.as_integer_ratio()
            if kind is PlantKind.GAS_FIRED:
                found[sort] = gas * denominator + co2 * numerator, numerator
            elif kind is PlantKind.TURBOJET:
                found[sort] = kerosine * denominator, numerator
            else:
                found[sort] = 0, 1
        return found


def _steps_below(power_mw: int | Decimal) -> int:
    numerator, denominator = power_mw.as_integer_ratio()
    return STEPS_PER_MW * numerator // denominator


def _steps_above(power_mw: int | Decimal) -> int:
    numerator, denominator = power_mw.as_integer_ratio()
    return -(-STEPS_PER_MW * numerator // denominator)
