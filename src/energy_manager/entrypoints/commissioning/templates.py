"""The templates that are shipped."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from energy_manager.adapters.devices.templates import shipped_templates
from energy_manager.adapters.devices.templates.reading import template_text, title_of


def template_lines() -> Iterator[str]:
    """A line each: name, link, usages (those that can be controlled with a star), verified, title."""
    titles = [title_of(name) for name in shipped_templates()]
    width = max(len(title.name) for title in titles)
    usages_width = max(len(", ".join(title.usages)) for title in titles)
    for title in titles:
        usages = ", ".join(title.usages)
        yield f"{title.name:<{width}}  {title.driver:<6}  {usages:<{usages_width}}  {title.verified:<9}  {title.title}"
    yield "* can be controlled; energy-manager devices show NAME prints one"


def text_of(template: str) -> str:
    """The TOML of a template.

    Raises:
        Refused: there is none of this name.
    """
    text, _ = template_text(template, beside=Path())
    return text
