"""Devices described as data: which value stands where, and what is written to control it."""

from energy_manager.adapters.devices.templates.codec import Encoding
from energy_manager.adapters.devices.templates.model import ReadPoint, Template, Usage, WriteStep
from energy_manager.adapters.devices.templates.reading import (
    parse_template,
    read_template,
    shipped_templates,
    template_text,
)

__all__ = [
    "Encoding",
    "ReadPoint",
    "Template",
    "Usage",
    "WriteStep",
    "parse_template",
    "read_template",
    "shipped_templates",
    "template_text",
]
