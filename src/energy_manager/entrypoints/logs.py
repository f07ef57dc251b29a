"""How the log looks: short lines for people, or one JSON object a line for programs."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import TextIOBase
from typing import TYPE_CHECKING, Literal, TextIO

from loguru import logger

from energy_manager.adapters.failures import describe_failure

if TYPE_CHECKING:
    from loguru import Message, Record

__all__ = ["configure_logs", "describe_failure"]

PEOPLE = "<dim>{time:HH:mm:ss.SSS}</dim> {level.icon} {message}"
MARKS = {"DEBUG": "·", "INFO": " ", "WARNING": "!", "ERROR": "✗"}


def configure_logs(stream: TextIOBase | TextIO, *, level: str, style: Literal["text", "json"]) -> None:
    """Send the log to a stream that never blocks; nothing of a caught exception's variables is shown."""
    logger.remove()
    for name, mark in MARKS.items():
        logger.level(name, icon=mark)
    if style == "json":
        logger.add(_json_lines(stream), level=level, format="{message}", diagnose=False, backtrace=False)
    else:
        is_terminal = stream.isatty()
        logger.add(_text(stream), level=level, format=PEOPLE, colorize=is_terminal, diagnose=False, backtrace=False)


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
    return {"at": record["time"].isoformat(), "level": record["level"].name, "message": heading, **record["extra"]}
