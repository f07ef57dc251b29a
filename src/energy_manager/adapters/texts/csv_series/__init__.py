"""CSV as meter operators send it and spreadsheets write it: series with local or UTC times, read and written."""

from energy_manager.adapters.texts.csv_series.columns import CsvSeries, read_series
from energy_manager.adapters.texts.csv_series.local_times import LocalClock, candidates, clock_of
from energy_manager.adapters.texts.csv_series.table import CsvTable, Line, read_table
from energy_manager.adapters.texts.csv_series.writing import write_series

__all__ = [
    "CsvSeries",
    "CsvTable",
    "Line",
    "LocalClock",
    "candidates",
    "clock_of",
    "read_series",
    "read_table",
    "write_series",
]
