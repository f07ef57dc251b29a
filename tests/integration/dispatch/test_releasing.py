"""Whatever ends the product, devices that run by themselves are released: at a signal at once, after a crash later."""

import json
import signal
import sqlite3
import time

import pytest

from energy_manager.application.control_record import KIND
from tests.support.product import FAULTY, ROOT, site_text
from tests.support.waiting import eventually

TOYS = {"PYTHONPATH": f"{FAULTY}:{ROOT / 'tests' / 'toy_driver'}"}


def site(*toys: str, scheduled: dict[str, int], more: str = "") -> str:
    """Toys (an id, then further keys of the table) and one device of the ``shared`` module."""
    tables = ""
    for toy in toys:
        asset_id, *keys = toy.split("\n")
        tables += f'[[assets]]\nid = "{asset_id}"\ndriver = "toy"\nkind = "storage"\n' + "\n".join([*keys, ""])
    block = "{ " + ", ".join(f'"{asset_id}" = {power}' for asset_id, power in scheduled.items()) + " }"
    blocks = ", ".join([block] * 5)
    plain = '[[assets]]\nid = "ok-1"\ndriver = "shared"\npotential = [9, 9, 9, 9, 9]\n'
    schedule = f'[schedule]\ndriver = "shared"\nblocks = [{blocks}]\n'
    return f'[site]\nname = "test"\npower_unit = "W"\n{tables}{more}{plain}{schedule}'


def told(product, asset):
    return [entry.value for entry in product.entries() if entry.kind == "set" and entry.asset == asset]


def start(product, text, **more):
    return product.start("run", "--no-api", site=text, **(TOYS | more))


def on_record(product):
    """The assets that the store says are under control and run by themselves, and the whole text of the record."""
    database = sqlite3.connect(product.folder / "store.db")
    try:
        rows = database.execute("SELECT body FROM documents WHERE kind = ?", [KIND]).fetchall()
    except sqlite3.OperationalError:  # the store is being set up
        rows = []
    finally:
        database.close()
    texts = [text if isinstance(text, str) else bytes(text).decode() for (text,) in rows]
    entries = [entry for text in texts for entry in json.loads(text)["controlled"]]
    return [entry["asset"] for entry in entries if entry["runs_by_itself"]], "".join(texts)


def under_control(product, *assets):
    return eventually(lambda: sorted(on_record(product)[0]) == sorted(assets))


def test_where_no_schedule_covers_it_a_device_is_released_and_never_told_zero(product):
    process = start(product, site("free", "busy", scheduled={"busy": 700}))
    assert eventually(lambda: len(told(product, "free")) > 3)
    process.send_signal(signal.SIGTERM)
    ended = product.end(process, within_s=5)
    assert ended.code == 143
    assert set(told(product, "free")) == {"released"}
    assert told(product, "busy")[0] == "700"
    assert "free released" in ended.err


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_releases_all_though_half_of_the_devices_hang(product, number, code):
    names = [f"good-{n}" for n in range(10)] + [f"bad-{n}" for n in range(10)]
    toys = [name + ("\nhangs = true" if name.startswith("bad") else "") for name in names]
    process = start(product, site(*toys, scheduled=dict.fromkeys([*names, "ok-1"], 5)))
    assert eventually(lambda: all(told(product, name) for name in names))
    assert under_control(product, *names)
    process.send_signal(number)
    signalled_s = time.monotonic()
    ended = product.end(process, within_s=10)
    assert time.monotonic() - signalled_s < 2.2 + 1.0, "and what a busy machine adds"
    assert ended.code == code
    assert all(told(product, f"good-{n}")[-1] == "released" for n in range(10))
    last_s = max(entry.at_s for entry in ended.record if entry.value == "released")
    assert last_s - signalled_s < 1.0, "all of them in parallel, none waits for a device that hangs"
    (line,) = [line for line in ended.err.splitlines() if "not released within 2 s" in line]
    assert all(f"bad-{n}" in line for n in range(10))
    assert "good" not in line
    assert ended.closing_line.startswith("ticks ")
    assert sorted(on_record(product)[0]) == [f"bad-{n}" for n in range(10)]


def test_a_second_signal_ends_it_at_once(product):
    process = start(product, site("bad\nhangs = true", scheduled={"bad": 5}), ENERGY_MANAGER_DISPATCH__RELEASE_S="50")
    assert under_control(product, "bad")
    process.send_signal(signal.SIGTERM)
    time.sleep(0.3)
    assert process.poll() is None, "the release is waited for"
    process.send_signal(signal.SIGTERM)
    ended = product.end(process, within_s=5)
    assert ended.code == 143
    assert "not released within 50 s: bad" in ended.err


def test_another_signal_ends_it_at_once_with_the_first_ones_code(product):
    process = start(product, site("bad\nhangs = true", scheduled={"bad": 5}), ENERGY_MANAGER_DISPATCH__RELEASE_S="50")
    assert under_control(product, "bad")
    process.send_signal(signal.SIGINT)
    time.sleep(0.3)
    process.send_signal(signal.SIGTERM)
    assert product.end(process, within_s=5).code == 130


def test_nothing_is_told_after_the_release(product):
    process = start(product, site("good", "bad\nhangs = true", scheduled={"good": 5, "bad": 5, "ok-1": 5}))
    assert under_control(product, "good", "bad")
    process.send_signal(signal.SIGTERM)
    ended = product.end(process, within_s=5)
    released_s = next(entry.at_s for entry in ended.record if entry.asset == "good" and entry.value == "released")
    assert all(entry.at_s <= released_s + 0.05 for entry in ended.of("set"))


def test_a_run_for_a_time_releases_at_its_end(product):
    ended = product.run("--for", "1", site=site("good", scheduled={"good": 5}), **TOYS)
    assert ended.code == 0
    assert told(product, "good")[-1] == "released"
    assert on_record(product)[0] == []


def test_a_site_without_such_devices_has_no_release_phase(product):
    text = site("zero\nunscheduled = 'zero'", scheduled={"zero": 5})
    process = start(product, text)
    assert eventually(lambda: len(told(product, "zero")) > 2)
    process.send_signal(signal.SIGTERM)
    assert product.end(process, within_s=5).code == 143
    assert "released" not in told(product, "zero")
    assert on_record(product)[0] == []


def killed(product, text, *assets):
    process = start(product, text)
    assert under_control(product, *assets)
    process.kill()
    product.end(process)


def test_after_a_kill_the_next_start_releases_what_is_no_longer_scheduled(product):
    killed(product, site("sun", "wind", scheduled={"sun": 5, "wind": 6}), "sun", "wind")
    process = start(product, site("sun", "wind", scheduled={"wind": 6}))
    assert eventually(lambda: told(product, "sun") and told(product, "wind"))
    assert set(told(product, "sun")) == {"released"}
    assert under_control(product, "wind")
    process.send_signal(signal.SIGTERM)
    product.end(process, within_s=5)
    assert on_record(product)[0] == []


def test_after_a_kill_an_asset_that_has_left_the_site_file_is_released_by_the_record(product):
    with_secret = 'gone\nhost = "old"\nsecret = "open sesame"'
    killed(product, site("stays", with_secret, scheduled={"stays": 5, "gone": 6}), "stays", "gone")
    assert "open sesame" not in on_record(product)[1]
    process = start(product, site("stays", scheduled={"stays": 5, "gone": 900}))
    assert eventually(lambda: told(product, "gone") == ["released"])
    assert eventually(lambda: len(told(product, "stays")) > 2)
    assert under_control(product, "stays")
    process.send_signal(signal.SIGTERM)
    ended = product.end(process, within_s=5)
    assert [(entry.kind, entry.value) for entry in ended.record if entry.asset == "gone"] == [
        ("open", "old"),
        ("set", "released"),
        ("close", "old"),
    ]
    assert "'gone' was under control when the last run ended and is no longer in the site file" in ended.err
    assert "'gone' is scheduled but has left the site file: it takes no part" in ended.err
    assert set(told(product, "stays")[:-1]) == {"5"}, "nobody carries for an asset that has left"


def test_after_a_kill_a_device_that_has_moved_is_released_at_the_old_place_first(product):
    killed(product, site('sun\nhost = "old"', scheduled={"sun": 5}), "sun")
    process = start(product, site('sun\nhost = "new"', scheduled={"sun": 5}))
    assert eventually(lambda: "5" in told(product, "sun"))
    process.send_signal(signal.SIGTERM)
    ended = product.end(process, within_s=5)
    steps = [(entry.kind, entry.value) for entry in ended.record if entry.asset == "sun"]
    assert steps[:5] == [("open", "old"), ("set", "released"), ("close", "old"), ("open", "new"), ("set", "5")]


def test_an_asset_of_the_shared_module_that_has_left_the_site_file_is_told_zero_once_and_named(product):
    both, one = (site_text({"ok-1": 5, "ok-2": 7}, devices=devices) for devices in (["ok-1", "ok-2"], ["ok-1"]))
    assert product.run("--for", "1", site=both).code == 0
    assert told(product, "ok-2")[-1] == "7", "at the end it keeps its last target"
    ended = product.run("--for", "1", site=one)
    assert told(product, "ok-2") == ["0"]
    assert told(product, "ok-1")[-1] == "12", "who is scheduled and not there is carried by the others"
    assert "'ok-2' was under control when the last run ended and is no longer in the site file" in ended.err
    assert "ok-2" not in product.run("--for", "1", site=site_text({"ok-1": 5})).err


def test_a_simulated_storage_may_run_by_itself_too(product):
    storage = (
        '[[assets]]\nid = "battery"\ndriver = "simulated_storage"\nunscheduled = "release"\ncapacity_wh = 10000\n'
        "max_charge_w = 5000\nmax_discharge_w = 5000\nstored_wh = 5000\n"
    )
    process = start(product, site("toy", scheduled={"battery": 5}, more=storage))
    assert under_control(product, "battery")
    process.kill()
    product.end(process)
    ended = product.run("--for", "1", site=site("toy", scheduled={"ok-1": 5}, more=storage), **TOYS)
    assert ended.code == 0
    assert "battery released" in ended.err
    assert on_record(product)[0] == []
