"""Series written as CSV, in the way the caller's own file is: its separator, its decimal comma, its local times."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import datetime

from energy_manager.adapters.texts.csv_series.local_times import LocalClock
from energy_manager.domain.series import utc_text


def write_series(
    times: Sequence[datetime],
    columns: Mapping[str, Sequence[object]],
    *,
    clock: LocalClock,
    separator: str = ",",
    has_decimal_comma: bool = False,
) -> bytes:
    """A line a time, ``time`` first; times have their offset, so that an hour that comes twice can be told apart.

    A decimal comma makes the separator ``;``. What is written can be read again.
    """
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";" if has_decimal_comma else separator, lineterminator="\n")
    writer.writerow(["time", *columns])
    for time, *values in zip(times, *columns.values(), strict=True):
        written = utc_text(time) if clock.zone is None else time.astimezone(clock.zone).isoformat()
        cells = (str(value).replace(".", ",") if has_decimal_comma else str(value) for value in values)
        writer.writerow([written, *cells])
    return text.getvalue().removesuffix("\n").encode()
