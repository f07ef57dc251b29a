"""Schedules as people put them, and what they get back: JSON, and lines of CSV."""

from energy_manager.entrypoints.documents.schedules.answer import full_document, summary
from energy_manager.entrypoints.documents.schedules.csv_lines import schedule_csv, schedule_from_csv
from energy_manager.entrypoints.documents.schedules.request import SCHEDULE, read_schedule_document, schedule_from_json

__all__ = [
    "SCHEDULE",
    "full_document",
    "read_schedule_document",
    "schedule_csv",
    "schedule_from_csv",
    "schedule_from_json",
    "summary",
]
