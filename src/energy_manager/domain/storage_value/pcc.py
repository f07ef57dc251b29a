"""The limits at the point of common coupling (PCC)."""

from __future__ import annotations

from dataclasses import dataclass

from energy_manager.domain.errors import Fault, refuse
from energy_manager.domain.series import FAULTS_PER_SERIES, Level


@dataclass(frozen=True, slots=True, kw_only=True)
class PccLimits:
    """What the point of common coupling may carry: ``-export_limit_kw <= import <= import_limit_kw``, both at least 0.

    ``math.inf`` means no limit, in a list too.
    """

    import_limit_kw: Level
    export_limit_kw: Level

    def __post_init__(self) -> None:
        limits = {"import_limit_kw": self.import_limit_kw, "export_limit_kw": self.export_limit_kw}
        refuse(fault for field, limit in limits.items() for fault in limit_faults(field, limit))


def limit_faults(field: str, limit: Level) -> list[Fault]:
    """What is wrong with a limit of the PCC, by field."""
    values = limit if isinstance(limit, tuple) else (limit,)
    return [
        Fault(field=f"{field}[{place}]" if isinstance(limit, tuple) else field, message=message)
        for place, value in enumerate(values)
        if (message := limit_fault(value)) is not None
    ][:FAULTS_PER_SERIES]


def limit_fault(value: float) -> str | None:
    """What is wrong with a limit of the PCC: it may be of any size, or infinite, but not negative and not NaN."""
    return None if value >= 0.0 else f"must be at least 0, not {value:g}"
