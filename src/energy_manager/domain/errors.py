"""Everything the product refuses or cannot do, as values: a sentence for people, details for programs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

_SHOWN_CHARACTERS = 40


class EnergyManagerError(Exception):
    """The root of all errors that the product raises on purpose.

    ``code`` is the stable word that programs compare; ``str(error)`` is one sentence for people; ``details`` are the
    particulars as JSON-ready values. Errors survive pickling, so that planners may run in worker processes.
    """

    code: ClassVar[str] = "error"

    @property
    def details(self) -> Any:  # noqa: ANN401 - JSON-ready particulars, their shape is the subclass's
        """The particulars, ready for JSON; None when the sentence says it all."""
        return None

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (type(self), self.args, self.__dict__)


def _restore(kind: type[EnergyManagerError], args: tuple[Any, ...], state: dict[str, Any]) -> EnergyManagerError:
    error = kind.__new__(kind)
    error.args = args
    error.__dict__.update(state)
    return error


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing wrong with an input: where (``powerplants[2].efficiency``) and what, with the value and its limit."""

    field: str
    message: str


class Refused(EnergyManagerError):
    """The input is not acceptable; every fault is listed by field and nothing was changed."""

    code = "refused"

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(f"{fault.field}: {fault.message}" for fault in self.faults))

    @classmethod
    def at(cls, field: str, message: str) -> Refused:
        """With one fault."""
        return cls([Fault(field=field, message=message)])

    @property
    def details(self) -> dict[str, list[dict[str, str]]]:
        """Every fault by field."""
        return {"faults": [{"field": fault.field, "message": fault.message} for fault in self.faults]}


def refuse(faults: Iterable[Fault]) -> None:
    """Raise ``Refused`` with these faults, unless there are none."""
    found = tuple(faults)
    if found:
        raise Refused(found)


def faults_of(messages: Mapping[str, str | None]) -> list[Fault]:
    """A fault for each field that has a message; None: nothing is wrong with it."""
    return [Fault(field=field, message=message) for field, message in messages.items() if message is not None]


class Infeasible(EnergyManagerError):
    """The input is fine but no plan can meet it; subclasses say which limit stands in the way and what would do."""

    code = "infeasible"


class OutOfTime(EnergyManagerError):
    """The work budget ended before an answer was proved; says nothing about feasibility."""

    code = "out_of_time"


class PlanCheckFailed(EnergyManagerError):
    """A planner made a plan that breaks a law; the plan must not be used. ``details`` lists what is broken."""

    code = "plan_check_failed"

    def __init__(self, broken: Sequence[str]) -> None:
        super().__init__("the plan failed its check: " + "; ".join(broken))
        self.broken = tuple(broken)

    @property
    def details(self) -> dict[str, list[str]]:
        """The broken laws, in words."""
        return {"broken": list(self.broken)}


def shown(value: object) -> str:
    """A JSON value for a fault's message: short whatever its size, and plain ASCII whatever its characters."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, int):
        return str(value) if value.bit_length() <= 128 else f"a whole number of {value.bit_length()} bits"
    text = str(value) if isinstance(value, Decimal) else ascii(value)
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}…"


def near_miss(name: str, known: Iterable[str], *, quoted: bool = False) -> str:
    """``; did you mean load?`` where one of the known names is like it, else nothing."""
    from difflib import get_close_matches  # noqa: PLC0415 - only where something is wrong

    near = get_close_matches(name, [*known], n=1)
    return "" if not near else f"; did you mean {near[0]!r}?" if quoted else f"; did you mean {near[0]}?"
