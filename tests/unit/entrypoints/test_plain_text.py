"""Names from outside neither steer a terminal nor forge lines of a log; secrets are in no line."""

import io
import json
import logging
import sys
import threading

import pytest
from loguru import logger

from energy_manager.entrypoints.command_line.terminal import printable
from energy_manager.entrypoints.commands.streams import print_line
from energy_manager.entrypoints.running.logs import closing_line, configure_logs, take_over


@pytest.fixture
def log():
    before = sys.stderr, threading.excepthook, logging.getLogger().handlers[:]
    yield io.StringIO()
    logger.remove()
    logger.configure(patcher=lambda _: None)
    logging.captureWarnings(capture=False)
    sys.stderr, threading.excepthook, logging.getLogger().handlers[:] = before


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("asset ü–1", "asset ü–1"),
        ("\x1b[2Jgone", r"\x1b[2Jgone"),
        ("a\nb\tc\x7f\x9b", r"a\nb\tc\x7f\x9b"),
        ("\u202edrowssap", r"\u202edrowssap"),
        ("\ud800", r"\ud800"),
    ],
)
def test_what_is_not_printable_is_escaped(text, shown, capsys):
    assert printable(text) == shown
    print_line(text)
    assert capsys.readouterr().out == shown + "\n"


@pytest.mark.parametrize("style", ["text", "json"])
def test_a_log_has_neither_escapes_nor_secrets(log, style):
    configure_logs(log, level="INFO", style=style, secrets=("hunter2", ""))
    logger.info("{}: \x1b[31mred\x1b[0m", "token hunter2")
    assert "\x1b" not in log.getvalue()
    assert "hunter2" not in log.getvalue()
    assert "***" in log.getvalue()


def test_a_json_log_has_json_alone_whoever_writes(log):
    configure_logs(log, level="INFO", style="json")
    take_over("json")
    sys.stderr.write("a driver\nprints\n")
    logging.getLogger("library").warning("something %s", "odd")
    logging.getLogger("uvicorn.error").warning("Invalid HTTP request received.")

    def die():
        raise ValueError("of no use")

    thread = threading.Thread(target=die, name="worker")
    thread.start()
    thread.join()
    log.write(closing_line("ticks 5", "json") + "\n")
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    assert [line["message"] for line in lines] == [
        "a driver",
        "prints",
        "library: something odd",
        "thread 'worker' ended",
        "ticks 5",
    ]
    assert lines[3]["exception"] == "ValueError('of no use')"
    assert closing_line("ticks 5", "text") == "ticks 5"
