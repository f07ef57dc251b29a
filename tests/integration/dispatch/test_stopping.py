"""The process ends at once, whatever the devices do, and comes back from a stop without a burst."""

import itertools
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.support.product import site_text
from tests.support.thorough import sample
from tests.support.waiting import eventually
from tests.support.witness import while_nothing_holds_up_the_machine

HANGING = site_text({f"hang-{n}": 10 for n in range(20)} | {"late-1": 10, "ok-1": 100})


def told(product, count=1):
    return eventually(lambda: sum(entry.kind == "set" for entry in product.entries()) >= count, within_s=60)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_ends_it_with_its_code_and_a_closing_line_though_devices_hang(product, number, code):
    process = product.start("run", "--no-api", site=HANGING)
    assert told(product, 40)
    process.send_signal(number)
    ended = product.end(process, within_s=30)
    assert ended.code == code
    assert ended.closing_line.startswith("ticks ")
    assert "Traceback" not in ended.err


def test_no_command_begins_after_the_signal(product):
    def run():
        process = product.start("run", "--no-api", site=site_text({f"ok-{n}": 10 for n in range(50)}))
        assert told(product, 60)
        signalled_s = time.monotonic()
        process.send_signal(signal.SIGTERM)
        return signalled_s, product.end(process, within_s=30)

    signalled_s, ended = while_nothing_holds_up_the_machine(run)
    assert all(entry.at_s <= signalled_s + 0.05 for entry in ended.record)


@pytest.mark.sampled
def test_signals_at_random_moments_from_the_first_instruction_on(product):
    chance = random.Random(7)
    for _ in range(sample(8, least=4)):
        process = product.start("run", "--no-api", site=HANGING, stdout=subprocess.DEVNULL, is_forked=False)
        assert eventually(lambda: b"cli" in Path(f"/proc/{process.pid}/cmdline").read_bytes())
        time.sleep(0.15 + 1.5 * chance.random())
        number = chance.choice([signal.SIGINT, signal.SIGTERM])
        process.send_signal(number)
        ended = product.end(process, within_s=30)
        assert ended.code in {128 + number, -number}, "-number: before Python ran our first line"
        is_pythons = ended.code == -number and ", in main" not in ended.err  # our first imports are interrupted
        assert "Traceback" not in ended.err or is_pythons


def test_two_signals_back_to_back_end_it_with_the_first_ones_code(product):
    for _ in range(3):
        process = product.start("run", "--no-api", site=HANGING)
        assert told(product, 5)
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGINT)
        assert product.end(process, within_s=30).code in {143, 130}


def test_it_stops_on_sigint_though_it_was_started_in_the_background_with_sigint_ignored(product):
    process = product.start("run", "--no-api", site=HANGING, ignored=(signal.SIGINT,))
    assert told(product, 5)
    process.send_signal(signal.SIGINT)
    assert product.end(process, within_s=30).code == 130


def test_under_nohup_it_goes_on_when_its_terminal_is_closed(product):
    process = product.start("run", "--no-api", site=HANGING, ignored=(signal.SIGHUP,))
    assert told(product, 5)
    process.send_signal(signal.SIGHUP)
    assert told(product, 60)
    process.send_signal(signal.SIGTERM)
    assert product.end(process, within_s=30).code == 143


def test_a_stopped_process_comes_back_without_a_burst_and_on_its_grid(product):
    def run():
        process = product.start("run", "--no-api", "--for", "5", site=site_text({"ok-1": 100}))
        assert told(product, 3)
        process.send_signal(signal.SIGSTOP)
        time.sleep(1.5)
        process.send_signal(signal.SIGCONT)
        return product.end(process)

    ended = while_nothing_holds_up_the_machine(run)
    assert ended.code == 0
    moments = [entry.at_s - ended.start_s - 0.9 for entry in ended.of("set", "ok-1")]
    ticks = [round(moment // 0.2) for moment in moments]
    assert len(ticks) == len(set(ticks)), "no tick twice"
    assert max(b - a for a, b in itertools.pairwise(ticks)) >= 7, "the missed ones were skipped"
    assert "ticks skipped" in ended.err
    assert all(100 in {int(entry.value)} for entry in ended.of("set", "ok-1")[-5:])


def test_a_run_for_a_time_ends_with_zero_though_devices_hang(product):
    ended = while_nothing_holds_up_the_machine(lambda: product.run("--for", "1", site=HANGING))
    assert ended.code == 0
    assert ended.closing_line.startswith("ticks 5,")
