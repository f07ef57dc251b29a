"""Templates from package data, from a file beside the site file, or from the site file itself."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from energy_manager.adapters.devices.templates.model import USAGES, Template
from energy_manager.adapters.devices.templates.parameters import ParameterValue, with_parameters
from energy_manager.adapters.devices.templates.rules import faults_of
from energy_manager.adapters.texts.toml_faults import fault_at, located, parse_toml, raise_faults, validated
from energy_manager.adapters.texts.utf8_text import read_utf8_file
from energy_manager.domain.errors import Fault, Refused


class CheckedTemplate(Template):
    """A template in which everything fits together."""

    def model_post_init(self, _: object, /) -> None:
        faults = [
            fault
            for name, usage in self.usages.items()
            for fault in faults_of(usage, name=name, driver=self.template.driver)
        ]
        if not self.usages:
            faults.append(fault_at((), f"there must be one of the tables {', '.join(USAGES)}"))
        raise_faults("template", faults)


def shipped_templates() -> tuple[str, ...]:
    """The names of the templates that come with the product."""
    folder = resources.files("energy_manager.adapters.devices.templates") / "shipped"
    return tuple(sorted(file.name.removesuffix(".toml") for file in folder.iterdir() if file.name.endswith(".toml")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Title:
    """What a template says of itself; ``usages`` with a star are those that it can control."""

    name: str
    title: str
    driver: str
    verified: str
    usages: tuple[str, ...]


def title_of(name: str) -> Title:
    """The title of a shipped template; its parameters need no values for that."""
    text, label = template_text(name)
    content = parse_toml(text, label=label)
    head = content["template"]
    usages = tuple(f"{usage}*" if content[usage].get("target") else usage for usage in USAGES if usage in content)
    return Title(
        name=name,
        title=head["title"],
        driver=head["driver"],
        verified=head.get("verified", "simulated"),
        usages=usages,
    )


def template_text(name: str, *, beside: Path | None = None) -> tuple[str, str]:
    """The text of a template and what to call it: a shipped one by its name, else a path beside the site file.

    Raises:
        Refused: there is none.
    """
    if name.endswith(".toml"):
        path = (beside or Path()) / name
        return read_utf8_file(path), str(path)
    if name not in shipped_templates():
        near = difflib.get_close_matches(name, shipped_templates(), n=1)
        hint = f"; did you mean {near[0]}?" if near else "; energy-manager devices list names them all"
        raise Refused([Fault(field="template", message=f"there is no template {name!r}{hint}")])
    file = resources.files("energy_manager.adapters.devices.templates") / "shipped" / f"{name}.toml"
    return file.read_text(encoding="utf-8"), f"{name}.toml"


def read_template(
    name: str, *, parameters: Mapping[str, ParameterValue] | None = None, beside: Path | None = None
) -> Template:
    """A template with its parameters filled in.

    Raises:
        Refused: it is not there or says something that cannot be; every fault with file and line.
    """
    text, label = template_text(name, beside=beside)
    return parse_template(text, label=label, parameters=parameters or {})


def parse_template(text: str, *, label: str, parameters: Mapping[str, ParameterValue] | None = None) -> Template:
    """As ``read_template``, from a text that faults call ``label``.

    Raises:
        Refused: every fault with its line.
    """
    locate = located(text, label=label)
    content = with_parameters(parse_toml(text, label=label), parameters or {}, locate=locate)
    return validated(CheckedTemplate, content, locate=locate)
