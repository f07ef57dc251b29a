"""A planner's package exports its names on demand: all of them, and no others."""

import ast
import inspect
from importlib import import_module

import pytest

PLANNERS = ("appliances", "flexibility", "least_cost", "peak_shaving", "production")


def names_for_type_checkers(package):
    """What the package imports for type checkers."""
    (block,) = (part for part in ast.parse(inspect.getsource(package)).body if isinstance(part, ast.If))
    return {alias.asname: part.module for part in block.body for alias in part.names}


@pytest.mark.parametrize("planner", PLANNERS)
def test_every_name_that_type_checkers_see_is_there_and_comes_from_where_they_think(planner):
    package = import_module(f"energy_manager.domain.{planner}")
    for name, module in names_for_type_checkers(package).items():
        assert getattr(package, name) is getattr(import_module(module), name)


@pytest.mark.parametrize("planner", PLANNERS)
def test_a_name_that_is_not_there_is_missed_as_usual(planner):
    package = import_module(f"energy_manager.domain.{planner}")
    with pytest.raises(AttributeError, match=f"module 'energy_manager.domain.{planner}' has no attribute 'nonsense'"):
        _ = package.nonsense
