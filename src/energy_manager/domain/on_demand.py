"""A package whose names are loaded when they are asked for: one noun must not cost the whole planner."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module


def exported(package: str, names: Mapping[str, str]) -> Callable[[str], object]:
    """The ``__getattr__`` of a package: ``names`` has for each module, ``.own`` or elsewhere, what comes from there."""
    place = {name: module for module, found in names.items() for name in found.split()}

    def load(name: str) -> object:
        if name not in place:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(import_module(place[name], package), name)
        setattr(sys.modules[package], name, value)
        return value

    return load
