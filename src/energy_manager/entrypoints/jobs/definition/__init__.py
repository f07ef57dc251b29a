"""What a planner is to the outside: one value from which route, command, OpenAPI, metrics and ``check`` come."""

from energy_manager.entrypoints.jobs.definition.activation import ActivationOptions
from energy_manager.entrypoints.jobs.definition.csv_form import CsvForm, CsvInput, PlanColumns
from energy_manager.entrypoints.jobs.definition.planning_job import Arguments, Form, PlanningJob

__all__ = ["ActivationOptions", "Arguments", "CsvForm", "CsvInput", "Form", "PlanColumns", "PlanningJob"]
