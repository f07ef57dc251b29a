"""What differs from site to site is a parameter of the template; ``{name}`` stands for its value."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from energy_manager.adapters.texts.toml_lines import Place
from energy_manager.domain.errors import Fault, Refused

_STANDS_FOR = re.compile(r"\{(\w+)\}")
_VALUE = "value"
"""``{value}`` is what is written, no parameter."""
ParameterValue = bool | int | float | str


def with_parameters(
    content: Mapping[str, Any], given: Mapping[str, ParameterValue], *, locate: Callable[[Place], str]
) -> dict[str, Any]:
    """The tables of a template with the parameters' values put in.

    A text that is nothing but ``{name}`` becomes the value itself; where that parameter has none, the key goes.

    Raises:
        Refused: a parameter is not known or has no value where it needs one.
    """
    filling = _Filling(_values(content, given))
    filled = {
        key: value if key in {"template", "parameters"} else filling.filled(value, (key,))
        for key, value in content.items()
    }
    if filling.faults:
        raise Refused([Fault(field=locate(place), message=sentence) for place, sentence in filling.faults])
    return filled


def _values(content: Mapping[str, Any], given: Mapping[str, ParameterValue]) -> dict[str, ParameterValue | None]:
    """The value of each parameter; None = none was given and there is no default."""
    declared = content.get("parameters")
    known = declared if isinstance(declared, dict) else {}
    faults = []
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(name, list(known), n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            faults.append(Fault(field=f"parameters.{name}", message=f"the template has no such parameter{hint}"))
    values: dict[str, ParameterValue | None] = {}
    for name, entry in known.items():
        about = entry if isinstance(entry, dict) else {}
        values[name] = given.get(name, about.get("default"))
        if values[name] is None and about.get("required"):
            purpose = f": {about['help']}" if about.get("help") else ""
            faults.append(Fault(field=f"parameters.{name}", message=f"is missing{purpose}"))
    if faults:
        raise Refused(faults)
    return values


class _Filling:
    """Puts values in and notes where that is not possible."""

    def __init__(self, values: Mapping[str, ParameterValue | None]) -> None:
        self.faults: list[tuple[Place, str]] = []
        self._values = values

    def filled(self, value: Any, place: Place) -> Any:  # noqa: ANN401 - whatever TOML may hold
        if isinstance(value, dict):
            return {key: self.filled(inner, (*place, key)) for key, inner in self._with_values(value)}
        if isinstance(value, list):
            return [self.filled(inner, (*place, index)) for index, inner in enumerate(value)]
        if not isinstance(value, str):
            return value
        whole = _STANDS_FOR.fullmatch(value)
        if whole and whole[1] != _VALUE:
            return self._value_of(whole[1], place)
        return _STANDS_FOR.sub(lambda found: self._text_of(found[1], place), value)

    def _with_values(self, table: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        """The entries but those that stand for a parameter without a value: as if they had not been written."""
        for key, value in table.items():
            whole = _STANDS_FOR.fullmatch(value) if isinstance(value, str) else None
            if whole is None or self._values.get(whole[1], whole) is not None:
                yield key, value

    def _value_of(self, name: str, place: Place) -> ParameterValue | None:
        if name not in self._values:
            self.faults.append((place, f"{{{name}}}: there is no such parameter"))
        return self._values.get(name)

    def _text_of(self, name: str, place: Place) -> str:
        if name == _VALUE:
            return "{value}"
        value = self._value_of(name, place)
        if value is None and name in self._values:
            self.faults.append((place, f"{{{name}}}: the parameter has no value"))
        return str(value).lower() if isinstance(value, bool) else str(value)
