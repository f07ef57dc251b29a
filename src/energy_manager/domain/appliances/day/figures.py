"""Peak, average, peak-to-average ratio and delay: how good a day was."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from energy_manager.domain.appliances.household import Household
from energy_manager.domain.appliances.ledger.battery import BatteryPiece
from energy_manager.domain.appliances.ledger.step_function import Step, StepFunction
from energy_manager.domain.appliances.run import Run
from energy_manager.domain.appliances.units import Watts


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Of the net load (load - sun + battery charge) over the window.

    ``par`` is peak over average, None unless the average is above 0. ``dawr`` (delay as waiting ratio) is the mean of
    (start - request) / max delay over the runs with a max delay, 1 for one that never ran; None without such runs.
    """

    peak_w: Watts
    average_w: Watts
    par: float | None
    dawr: float | None


def net_load_w(household: Household, runs: Iterable[Run], battery: Iterable[BatteryPiece]) -> StepFunction:
    """What the household draws from the grid over time; negative when it feeds in."""
    load_w = StepFunction.of_pieces(piece for run in runs for piece in run.pieces())
    charge_w = StepFunction.of_pieces(
        Step(start_us=piece.start_us, end_us=piece.end_us, value=piece.charge_w) for piece in battery
    )
    return load_w - household.pv_w + charge_w


def figures_of(net_w: StepFunction, runs: Sequence[Run], window_us: tuple[int, int]) -> Figures:
    """The figures of one household, or of all together with the sum of their net loads."""
    start_us, end_us = window_us
    peak_w = net_w.highest(start_us, end_us)
    average_w = Fraction(net_w.area(start_us, end_us), end_us - start_us)
    return Figures(
        peak_w=peak_w,
        average_w=average_w,
        par=float(peak_w / average_w) if average_w > 0 else None,
        dawr=_dawr(runs),
    )


def _dawr(runs: Sequence[Run]) -> float | None:
    ratios = [ratio for ratio in map(_waiting_ratio, runs) if ratio is not None]
    return float(sum(ratios) / len(ratios)) if ratios else None


def _waiting_ratio(run: Run) -> Fraction | None:
    """None for a run that counts not: without a max delay, or given up before it began."""
    max_delay_us = run.request.max_delay_us
    if max_delay_us is None:
        return None
    if run.start_us is None:
        return None if run.closed_as == "cancelled" else Fraction(1)
    waited_us = run.start_us - run.request.waits_from_us
    return Fraction(waited_us, max_delay_us) if max_delay_us > 0 else Fraction(min(waited_us, 1))
