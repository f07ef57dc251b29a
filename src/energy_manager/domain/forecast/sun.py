"""What the sun is expected to give: a service's word put right by what came of it (without one: ``clear_days``).

The service's forecast is multiplied by what was measured over what was forecast in the last fourteen days, and again by
the same of the last two hours, which fades by 0.85 a quarter hour. What was curtailed is a gap, so it does not teach.
"""

from __future__ import annotations

import numpy as np

from energy_manager.domain.forecast.similar_days import FADING
from energy_manager.domain.forecast.steps import Floats

BIAS_DAYS = 14
RECENT_S = 7200

# A service that is wrong by more than this is not about this roof, or the last hours were odd.
_LEAST, _MOST = 0.2, 3.0
# Below this share of the usual power a quotient is noise: dawn, dusk and night.
_TELLING_SHARE = 0.05


def corrected(service: Floats, *, past: Floats, measured: Floats, step_s: int) -> Floats:
    """A service's forecast of the steps ahead, put right by its past.

    ``past`` is what it said of the steps before now, newest last, ``measured`` what came of them; gaps are not numbers.
    """
    days = BIAS_DAYS * 86_400 // step_s
    usual = np.nan_to_num(past[None, -days:]).max(axis=1)
    bias = float(quotients(measured[None, -days:], past[None, -days:], usual=usual)[0])
    recent = max(1, RECENT_S // step_s)
    factor = quotients(measured[None, -recent:], bias * past[None, -recent:], usual=bias * usual)
    found: Floats = with_recent(bias * service[None, :], factor, step_s=step_s)[0]
    return found


def quotients(measured: Floats, expected: Floats, *, usual: Floats) -> Floats:
    """Measured over expected, row by row, over the steps that both know; 1 where that says nothing.

    ``usual`` is the most that is expected on such a day, for each row.
    """
    known = np.isfinite(measured) & np.isfinite(expected)
    came = np.where(known, measured, 0.0).sum(axis=1)
    said = np.where(known, expected, 0.0).sum(axis=1)
    tells = said > _TELLING_SHARE * usual * np.maximum(known.sum(axis=1), 1)
    return np.where(tells, np.clip(came / np.where(tells, said, 1.0), _LEAST, _MOST), 1.0)


def with_recent(rows: Floats, factors: Floats, *, step_s: int) -> Floats:
    """Rows of expected powers times the factor of the last two hours, which fades to 1."""
    faded = FADING ** (step_s / 900 * np.arange(1, rows.shape[1] + 1))
    scaled: Floats = np.maximum(rows * (1.0 + (factors - 1.0)[:, None] * faded[None, :]), 0.0)
    return scaled
