"""``plan production``: the answers of HTTP, byte for byte, by file and by pipe, with exit codes for scripts."""

import fcntl
import json
import os
import signal
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from tests.support.bad_production import NO_JSON, REFUSED
from tests.support.forked import command_line
from tests.support.product import ROOT
from tests.support.server import challenge_text, endless_text, environment
from tests.support.waiting import eventually

JSON = {"Content-Type": "application/json"}
SIX = challenge_text("480")
TIRELESS = {"ENERGY_MANAGER_PRODUCTION__TIME_LIMIT_S": "60"}


def start(*arguments, text=None, stdin=subprocess.PIPE, stdout=subprocess.PIPE, **settings):
    process = command_line("plan", *arguments, env=environment(**settings), stdin=stdin, stdout=stdout)
    if text is not None:
        process.stdin.write(text.encode())
        process.stdin.close()
        process.stdin = None
    return process


def ask(*arguments, text=None, **more):
    """The exit code, standard output, and standard error."""
    process = start(*arguments, text=text, **more)
    out, err = process.communicate(timeout=60)
    assert b"Traceback" not in err
    return process.returncode, out, err.decode()


def test_a_request_is_read_from_a_file(tmp_path):
    (tmp_path / "request.json").write_text(SIX)
    code, out, err = ask("production", str(tmp_path / "request.json"))
    assert (code, err) == (0, "")
    assert {"name": "gasfiredbig1", "p": 368.4} in json.loads(out)


def test_options_by_setting_and_by_argument(tmp_path):
    # Gas cannot run below 80 of 100 MW: a park of 50 MW must be off, or be held at 20.
    request = tmp_path / "request.json"
    gas = '{"name": "g", "type": "gasfired", "efficiency": 0.5, "pmin": 80, "pmax": 100}'
    wind = '{"name": "w", "type": "windturbine", "efficiency": 1, "pmin": 0, "pmax": 50}'
    fuels = '{"gas(euro/MWh)": 10, "wind(%)": 100}'
    request.write_text(f'{{"load": 100, "fuels": {fuels}, "powerplants": [{gas}, {wind}]}}')
    settings = {"ENERGY_MANAGER_PRODUCTION__WIND": "curtail", "ENERGY_MANAGER_PRODUCTION__CO2": "false"}
    code, out, _ = ask("production", str(request), **settings)
    assert (code, out) == (0, b'[{"name":"w","p":20.0},{"name":"g","p":80.0}]\n')
    code, out, _ = ask("production", str(request), "--wind", "on_off", **settings)
    assert (code, out) == (0, b'[{"name":"w","p":0.0},{"name":"g","p":100.0}]\n')
    code, out, err = ask("production", str(request), "--co2", **settings)
    assert (code, out) == (2, b"")
    assert err == "energy-manager: fuels.co2(euro/ton): is missing, and a plant needs it\n"


def test_out_of_time_is_exit_code_4_with_json_that_says_how_far_it_came():
    code, out, err = ask("production", text=endless_text(), ENERGY_MANAGER_PRODUCTION__TIME_LIMIT_S="0.2")
    document = json.loads(out)
    assert (code, document["error"]) == (4, "out_of_time")
    assert document["details"].keys() == {"best_cost", "bound"}
    assert err == f"energy-manager: {document['message']}\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the text is no JSON: Expecting value (line 1, column 1)"),
        (REFUSED["load beyond every exponent"][0], "load: must be from 0 to 1000000000"),
        (REFUSED["gas price twice"][0], "fuels.gas(euro/MWh): is stated more than once"),
        (NO_JSON["half a character"][0].decode(), "the text is not UTF-8"),
    ],
)
def test_a_bad_request_is_one_line_and_exit_code_2(text, said):
    code, out, err = ask("production", "-", text=text)
    assert (code, out) == (2, b"")
    assert err.startswith("energy-manager: ")
    assert err.count("\n") == 1
    assert said in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "Missing command."),
        (["consumption"], "No such command 'consumption'."),
        (["production", "nowhere.json"], "nowhere.json: cannot be read: No such file or directory"),
        (["production", "."], ".: cannot be read: Is a directory"),
        (["production", "a.json", "b.json"], "Got unexpected extra argument(s) (b.json)"),
        (["production", "--wind", "sideways", "-"], "--wind: must be one of on_off, curtail, not 'sideways'"),
        (["production", "--co2=yes", "-"], "Option '--co2' does not take a value."),
        (["production", "--nuclear", "-"], "No such option: --nuclear"),
    ],
)
def test_bad_usage_is_one_line_and_exit_code_2(arguments, said):
    code, out, err = ask(*arguments, stdin=subprocess.DEVNULL)
    assert (code, out) == (2, b"")
    assert err == f"energy-manager: {said}\n"


def test_a_plan_that_cannot_be_written_is_one_line_and_exit_code_2(tmp_path):
    (tmp_path / "request.json").write_text(SIX)
    with Path("/dev/full").open("wb") as full:
        code, _, err = ask("production", str(tmp_path / "request.json"), stdout=full)
    assert (code, err) == (2, "energy-manager: standard output: cannot be written: No space left on device\n")
    reading, writing = os.pipe()
    os.close(reading)
    code, _, err = ask("production", str(tmp_path / "request.json"), stdout=writing)
    os.close(writing)
    assert (code, err) == (2, "energy-manager: standard output: cannot be written: Broken pipe\n")


@pytest.mark.parametrize(("closed", "name"), [("<&-", "standard input"), (">&-", "standard output")])
def test_without_input_or_output_there_is_nothing_to_do(closed, name):
    command = f"echo '{SIX}' | {sys.executable} -m energy_manager.entrypoints.cli plan production {closed}"
    ended = subprocess.run(
        ["sh", "-c", command], check=False, cwd=ROOT, env=environment(), capture_output=True, text=True
    )
    assert (ended.returncode, ended.stderr) == (2, f"energy-manager: {name}: is closed\n")


def test_a_reply_of_several_megabytes_passes_through_a_slow_pipe():
    plant = '{{"name": "{}", "type": "gasfired", "efficiency": 0.5, "pmin": 0, "pmax": 1}}'
    plants = ", ".join(plant.format(f"{'g' * 100}{number}") for number in range(20_000))
    text = f'{{"load": 5, "fuels": {{"gas(euro/MWh)": 1, "co2(euro/ton)": 1}}, "powerplants": [{plants}]}}'
    code, out, err = ask("production", text=text)
    assert (code, err) == (0, "")
    assert len(out) > 2_000_000
    assert len(json.loads(out)) == 20_000


def cpu_s(process):
    """The processor time that a process has used so far."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def unread(pipe):
    """How many octets of those that were written into a pipe nobody has read."""
    return int.from_bytes(fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)), sys.byteorder)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_a_long_plan_at_once_with_its_code(number, code):
    process = start("production", text=endless_text(), **TIRELESS)
    assert eventually(lambda: cpu_s(process) > 0.4, within_s=60), "it is in the middle of its search"
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (code, b"", b"")


def test_a_signal_ends_the_wait_for_a_request():
    process = start("production")
    process.stdin.write(b"{")
    assert eventually(lambda: unread(process.stdin) == 0), "it has read what there is"
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 130, "before its input ends: that would be a request, and a bad one"
    _, err = process.communicate(timeout=60)
    assert b"Traceback" not in err
