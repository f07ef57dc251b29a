"""Devices described as data: which value stands where, and what is written to control it."""

from energy_manager.adapters.devices.templates.codec import Encoding
from energy_manager.adapters.devices.templates.model import Template, Usage
from energy_manager.adapters.devices.templates.reading import (
    parse_template,
    read_template,
    shipped_templates,
    template_text,
)
from energy_manager.adapters.devices.templates.sources import ReadPoint, WriteStep

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
