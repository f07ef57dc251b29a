"""How the log looks: short lines for people, or one JSON object a line for programs.

Whatever is logged by libraries, printed to standard error or left by a dying thread goes the same way. Names in it that
came from outside cannot steer a terminal, and the secrets of the settings are never in it.
"""

from __future__ import annotations

import json
import logging
import sys
import threading
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from io import TextIOBase
from typing import TYPE_CHECKING, Literal, TextIO
from zoneinfo import ZoneInfo

from loguru import logger

from energy_manager.adapters.failures import describe_failure
from energy_manager.entrypoints.command_line.terminal import folded, printable, width_of

if TYPE_CHECKING:
    from loguru import Message, Record

__all__ = ["configure_logs", "describe_failure"]

LASTING = "{time:YYYY-MM-DD HH:mm:ss.SSS zz} {level.icon} {message}"
"""In files and pipes, which are read later."""

PASSING = "<dim>{time:HH:mm:ss.SSS zz}</dim> {level.icon} {message}"
"""In a terminal, where each column counts."""

MARKS = {"DEBUG": "·", "INFO": " ", "WARNING": "!", "ERROR": "✗"}

MASK = "***"

# What clients send that is no HTTP is theirs to read in the answer; a line each would be a way to fill the disk. What
# asyncio warns of is how a line ended, which is said in the product's words.
LIBRARIES = {"uvicorn.error": logging.ERROR, "asyncio": logging.ERROR, "": logging.WARNING}


def configure_logs(
    stream: TextIOBase | TextIO,
    *,
    level: str,
    style: Literal["text", "json"],
    secrets: Collection[str] = (),
    time_zone: str = "UTC",
) -> None:
    """Send the log to a stream that never blocks; nothing of a caught exception's variables is shown.

    Text shows the time in ``time_zone`` (an IANA name), which is the site's; JSON in UTC.
    """
    logger.remove()
    zone = ZoneInfo("UTC" if style == "json" else time_zone)
    logger.configure(patcher=_cleaner(tuple(secret for secret in secrets if secret), zone, stream))
    for name, mark in MARKS.items():
        logger.level(name, icon=mark)
    if style == "json":
        logger.add(_json_lines(stream), level=level, format="{message}", diagnose=False, backtrace=False)
    else:
        form = PASSING if stream.isatty() else LASTING
        logger.add(_text(stream), level=level, format=form, colorize=stream.isatty(), diagnose=False, backtrace=False)


def take_over(style: Literal["text", "json"]) -> None:
    """Have libraries, dying threads and, where the log is JSON, whoever prints to standard error log the same way."""
    logging.basicConfig(handlers=[_FromLibraries()], level=logging.WARNING, force=True)
    for name, least in LIBRARIES.items():
        logging.getLogger(name).setLevel(least)
    logging.captureWarnings(capture=True)
    threading.excepthook = _log_death
    if style == "json":
        sys.stderr = _PrintedLines()


def closing_line(sentence: str, style: Literal["text", "json"]) -> str:
    """The last line of all, which is written past the log to standard error, in the log's style."""
    if style == "text":
        return "\n".join(folded(sentence, width_of(sys.stderr)))
    at = datetime.now(UTC).isoformat()
    return json.dumps({"at": at, "level": "INFO", "message": sentence, "event": "end"}, ensure_ascii=False)


def _cleaner(secrets: tuple[str, ...], zone: ZoneInfo, stream: TextIOBase | TextIO) -> Callable[[Record], None]:
    def clean(record: Record) -> None:
        record["time"] = record["time"].astimezone(zone)
        message = record["message"]
        for secret in secrets:
            message = message.replace(secret, MASK)
        heading, *others = map(printable, message.split("\n"))
        width = width_of(stream)
        taken = " " * len(f"{record['time']:%H:%M:%S.000 %Z}   ")
        first, *rest = folded(f"{taken}{heading}", width)
        record["message"] = "\n".join(
            [first.removeprefix(taken), *rest, *(part for line in others for part in folded(line, width))]
        )

    return clean


def _text(stream: TextIOBase | TextIO) -> Callable[[Message], None]:
    def write(message: Message) -> None:
        stream.write(message)

    return write


def _json_lines(stream: TextIOBase | TextIO) -> Callable[[Message], None]:
    def write(message: Message) -> None:
        stream.write(json.dumps(_as_json(message.record), ensure_ascii=False, default=str) + "\n")

    return write


def _as_json(record: Record) -> dict[str, object]:
    heading = record["message"].partition("\n")[0]
    said = {"at": record["time"].isoformat(), "level": record["level"].name, "message": heading, **record["extra"]}
    if record["exception"] is not None:
        said["exception"] = repr(record["exception"].value)
    return said


class _FromLibraries(logging.Handler):
    """Hands on what is logged by the standard library's means."""

    def emit(self, record: logging.LogRecord) -> None:
        level = record.levelname if record.levelname in MARKS else "ERROR"
        logger.opt(exception=record.exc_info).log(level, "{}: {}", record.name, record.getMessage())


def _log_death(args: threading.ExceptHookArgs) -> None:
    name = "a thread" if args.thread is None else f"thread {args.thread.name!r}"
    logger.opt(exception=(args.exc_type, args.exc_value, args.exc_traceback)).error("{} ended", name)


class _PrintedLines(TextIOBase):
    """Standard error as lines of the log; for programs that read it as JSON."""

    def __init__(self) -> None:
        super().__init__()
        self._partial = threading.local()

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        *lines, rest = (getattr(self._partial, "text", "") + text).split("\n")
        self._partial.text = rest[-10_000:]
        for line in lines:
            if line.strip():
                logger.bind(event="printed").warning("{}", line)
        return len(text)
