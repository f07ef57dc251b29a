"""A site's own schedule in a file, CSV or JSON: dated, daily or weekly, in a named time zone."""

from energy_manager.adapters.schedules.file.reading import FileContent, read_schedule_file
from energy_manager.adapters.schedules.file.source import FileSchedule

__all__ = ["FileContent", "FileSchedule", "read_schedule_file"]
