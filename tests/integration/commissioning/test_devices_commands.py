"""Commissioning as its user types it: a simulated house on one port, and commands that find, read, tell and release."""

import re
import signal
import statistics
import subprocess
import threading
from functools import partial
from pathlib import Path

import pytest

from tests.support.modbus_peers import free_port
from tests.support.product import ROOT, Product
from tests.support.typed import typed

EXAMPLE = (ROOT / "examples" / "real_site.toml").read_text()


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """``devices simulate`` in a process of its own, and the example's site file with its port."""
    folder = tmp_path_factory.mktemp("house")
    product = Product(folder)
    process = product.start("devices", "simulate", "sma_hybrid", "--port", "0", fast=False)
    line = process.stdout.readline()
    port = int(re.search(r"127\.0\.0\.1:(\d+), until Ctrl-C", line)[1])
    assert "(grid, pv, battery)" in line
    site = folder / "site.toml"
    site.write_text(EXAMPLE.replace("5020", str(port)))
    yield str(site), port
    process.send_signal(signal.SIGINT)
    assert product.end(process).code == 130


@pytest.fixture
def product(tmp_path):
    product = Product(tmp_path)
    yield product
    product.clean_up()


@pytest.fixture
def ask(product, monkeypatch, capsys):
    """Type a command in this process, on the store of the product's other processes."""
    monkeypatch.setenv("ENERGY_MANAGER_STORE__URL", product.store_url)
    return partial(typed, capsys)


def test_templates_are_listed_and_one_is_shown_as_a_starting_file(ask):
    ended = ask("devices", "list")
    assert ended.code == 0
    assert re.search(r"^sma_hybrid +modbus +grid, pv, battery\* +simulated +SMA hybrid", ended.out, re.MULTILINE)
    ended = ask("devices", "show", "sma_hybrid")
    shipped = ROOT / "src/energy_manager/adapters/devices/templates/shipped/sma_hybrid.toml"
    assert (ended.code, ended.out) == (0, shipped.read_text())
    ended = ask("devices", "show", "sma_hybird")
    assert ended.code == 2
    assert "did you mean sma_hybrid?" in ended.err


def test_check_reads_every_device_and_says_what_there_is_to_know(ask, house):
    ended = ask("check", "--devices", "--site", house[0])
    assert ended.code == 0, ended.out + ended.err
    lines = ended.out.splitlines()
    rows = {tuple(line.split()[:2]): line.split()[2:] for line in lines if re.search(r"\d s$", line)}
    assert rows["battery", "soc_percent"][1] == "%"
    assert rows["roof", "output_w"][1] == "W"
    assert "warning: roof is read only: its template writes nothing" in lines
    assert "battery: serial 1234567" in lines
    assert "battery: falls back by itself, after a time that is set in the device" in lines
    assert lines[-1] == "devices: 3 of 3 answer, 1 warning, 0 faults"


def test_another_device_than_the_pinned_one_and_a_silent_one_are_faults(ask, house, tmp_path):
    site = tmp_path / "other.toml"
    text = Path(house[0]).read_text()
    site.write_text(
        text.replace("serial = 1234567", "serial = 999")
        + f'\n[[assets]]\nid = "gone"\nkind = "meter"\ndriver = "device"\ntemplate = "eastron_sdm630"\n'
        f'host = "127.0.0.1"\nport = {free_port()}\n'
    )
    ended = ask("check", "--devices", "--site", str(site))
    assert ended.code == 1
    assert "fault: battery is 1234567, not the device that the site file names: it is never written" in ended.out
    assert "fault: gone is silent: " in ended.out
    assert ended.out.splitlines()[-1] == "devices: 3 of 4 answer, 1 warning, 2 faults"
    assert ask("devices", "read", "gone", "--site", str(site)).code == 1


def test_a_device_is_read_told_and_released_by_hand(ask, house):
    site, port = house
    ended = ask("devices", "write", "battery", "-1500", "--for", "0.5", "--yes", "--site", site)
    assert ended.code == 0, ended.err
    told = [re.split(r" {2,}", line.strip()) for line in ended.out.splitlines()]
    assert [words[1] for words in told] == ["before", "told to take 1500 W", "told to take 1500 W", "released"]
    assert [words[2] for words in told[1:]] == ["takes 1500 W", "takes 1500 W", "measures 0 W"]
    ended = ask("devices", "read", "battery", "--site", site)
    assert ended.code == 0
    assert re.search(r"^battery +charge_w +0 +W", ended.out, re.MULTILINE)
    ended = ask("devices", "scan", "127.0.0.1", "--port", str(port), "--units", "3", "--site", site)
    assert (ended.code, "unit 3: answers, no SunSpec; grid, roof, battery of the site" in ended.out) == (0, True)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["battery", "500"], "--yes: is needed without a terminal to ask on; nothing was written"),
        (["batery", "500", "--yes"], "did you mean battery?"),
        (["grid", "500", "--yes"], "grid is a meter"),
        (["battery", "nan", "--yes"], "must be a finite number"),
        (["battery", "-9000", "--yes"], "battery is never told less than -4000 W"),
        (["battery", "9000", "--yes"], "battery is never told more than 4000 W"),
    ],
)
def test_what_must_not_be_written_is_refused_with_a_sentence(ask, house, arguments, said):
    ended = ask("devices", "write", *arguments, "--site", house[0])
    assert ended.code == 2
    assert said in ended.err


def test_a_device_that_is_only_read_cannot_be_told(ask, house):
    ended = ask("devices", "write", "roof", "100", "--yes", "--site", house[0])
    assert (ended.code, ended.err) == (1, "energy-manager: roof: it is read only: its template writes nothing\n")


def test_another_device_than_the_pinned_one_is_not_told_by_hand_either(ask, house, tmp_path):
    site = tmp_path / "other.toml"
    site.write_text(Path(house[0]).read_text().replace("serial = 1234567", "serial = 999"))
    ended = ask("devices", "write", "battery", "500", "--yes", "--site", str(site))
    assert (ended.code, ended.out) == (1, "")
    assert ended.err == (
        "energy-manager: battery: it is 1234567, not the device that the site file names; nothing was written\n"
    )


def test_while_a_loop_commands_the_site_nobody_else_does(ask, product, house):
    site, _ = house
    running = product.start("run", "--no-api", "--site", site, stdout=subprocess.DEVNULL)
    for line in running.stderr:
        if "tick 0" in line:
            break
    threading.Thread(target=running.stderr.read, daemon=True).start()
    ended = ask("devices", "write", "battery", "500", "--yes", "--site", site)
    assert ended.code == 2
    assert "commands the site 'real site' already" in ended.err
    running.send_signal(signal.SIGTERM)
    running.wait(10)


def test_ctrl_c_releases_and_a_killed_hand_is_released_by_the_next_run(ask, product, house):
    site, _ = house
    arguments = ("devices", "write", "battery", "-700", "--for", "60", "--yes", "--site", site)
    telling = product.start(*arguments, fast=False)
    assert "before" in telling.stdout.readline()
    assert "told to take 700 W" in telling.stdout.readline()
    telling.send_signal(signal.SIGINT)
    ended = product.end(telling)
    assert ended.code == 130
    assert re.search(r"released +measures 0 W", ended.out)

    telling = product.start(*arguments, fast=False)
    telling.stdout.readline()
    assert "takes 700 W" in telling.stdout.readline()
    telling.kill()
    telling.wait()
    # The loop takes the battery over as its record says it was left, and releases it.
    product.run("--for", "1", "--site", site)
    ended = ask("devices", "read", "battery", "--site", site)
    assert re.search(r"charge_w +0 +W", ended.out)


def test_the_example_keeps_its_import_limit_against_the_simulated_house(product, house):
    """Two commands: the house is the one, this is the other."""
    site = Path(house[0]).with_name("limited.toml")
    # The house draws 400 W at least: a limit of 300 W is at work at every moment without sun.
    site.write_text(Path(house[0]).read_text().replace("import_limit_kw = 1", "import_limit_kw = 0.3"))
    ended = product.run("--for", "4", "--site", str(site))
    assert ended.code == 0
    found = re.findall(r"   (import|export) ([\d.]+) kW", ended.err)
    pcc_kw = [float(amount) * (1 if way == "import" else -1) for way, amount in found]
    assert len(pcc_kw) > 15
    # Now and then the kettle is switched on, which the next tick answers.
    assert statistics.median(pcc_kw) <= 0.3


def test_a_port_that_is_taken_and_options_that_are_wrong_are_said_in_one_line(ask, house):
    for arguments, said in (
        (["sma_hybrid", "--port", str(house[1])], "cannot be had"),
        (["sma_hybrid", "--usage", "roof"], "--usage: roof: the device has grid, pv, battery"),
        (["sma_hybrid", "--over", "udp"], "none of tcp, rtu_over_tcp"),
        (["go_e"], "--port: is needed"),
        (["tasmota"], "topic"),
        (["sunspec_inverter", "--parameter", "timer"], "must be NAME=VALUE"),
    ):
        ended = ask("devices", "simulate", *arguments)
        assert ended.code == 2, arguments
        assert said in ended.err
