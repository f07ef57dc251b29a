"""The templates of devices: those that are shipped, and any by its path."""

from __future__ import annotations

from pathlib import Path

from energy_manager.adapters.devices.templates import shipped_templates
from energy_manager.adapters.devices.templates.reading import Title, template_text, title_of


def shipped() -> list[Title]:
    """What each shipped one is for."""
    return [title_of(name) for name in shipped_templates()]


def text_of(template: str) -> str:
    """The TOML of a template.

    Raises:
        Refused: there is none of this name.
    """
    text, _ = template_text(template, beside=Path())
    return text
