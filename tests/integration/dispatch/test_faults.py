"""The running product against devices and schedules with faults of every kind.

The devices are another ``shared`` module, first on the path, that records each call. Time runs ten times faster than
in life: targets every 0.2 s, statuses every second.
"""

import re
import subprocess

import pytest

from tests.support.product import Product, site_text
from tests.support.waiting import eventually
from tests.support.witness import while_nothing_holds_up_the_machine

PERIOD_S = 0.2
PHASE_S = 0.9
TICKS = 30

HEALTHY = [f"ok-{n}" for n in range(1, 6)]
FAULTY = ["hang-1", "hangset-1", "hangstatus-1", "raise-1", "garbage-1", "late-1", "flood-1"]


@pytest.fixture(scope="module")
def ordeal(tmp_path_factory):
    """One run of six seconds with every faulty device at once, scheduled at 100 each, and with healthy ones."""
    product = Product(tmp_path_factory.mktemp("ordeal"))
    devices = HEALTHY + FAULTY
    scheduled = dict.fromkeys(devices, 100) | {"ghost": 50}
    site = site_text(scheduled, devices=[*devices, "ok-6"])
    yield while_nothing_holds_up_the_machine(
        lambda: product.run("--for", "6", site=site, stdout=subprocess.DEVNULL), is_well=is_on_time
    )
    product.clean_up()


def moments(run, asset):
    """When its targets went out, in ticks."""
    return [(entry.at_s - run.start_s - PHASE_S) / PERIOD_S for entry in run.of("set", asset)]


def skips_nothing(run):
    return run.closing_line.startswith(f"ticks {TICKS}, skipped 0, lag p50 ")


def is_told_at_every_tick(run, asset):
    return [int(moment) for moment in moments(run, asset)] == list(range(TICKS))


def is_read_on_the_grid(run, asset):
    reads = [entry.at_s - run.start_s for entry in run.of("read", asset)]
    return reads == pytest.approx([0.0] + [PHASE_S + second for second in range(6)], abs=0.19)


def is_on_time(run):
    return (
        skips_nothing(run)
        and all(is_told_at_every_tick(run, asset) and is_read_on_the_grid(run, asset) for asset in HEALTHY)
        and len(run.of("set", "late-1")) == 3
    )


def test_it_ends_well_and_skips_nothing(ordeal):
    assert ordeal.code == 0
    assert skips_nothing(ordeal), ordeal.closing_line


@pytest.mark.parametrize("healthy", HEALTHY)
def test_every_healthy_device_is_told_a_target_at_every_tick(ordeal, healthy):
    assert is_told_at_every_tick(ordeal, healthy), moments(ordeal, healthy)


def test_targets_go_out_soon_after_their_grid_point(ordeal):
    late = sorted(moment % 1 for moment in moments(ordeal, "ok-1"))
    assert late[len(late) // 2] < 0.5


def test_a_device_outside_the_schedule_is_told_zero(ordeal):
    assert set(ordeal.targets("ok-6")) == {0}


def test_statuses_are_read_at_the_start_and_on_their_grid(ordeal):
    assert is_read_on_the_grid(ordeal, "ok-1"), ordeal.of("read", "ok-1")


@pytest.mark.parametrize("device", ["hang-1", "hangset-1"])
def test_a_hung_target_is_never_repeated(ordeal, device):
    assert len(ordeal.of("set", device)) == 1


def test_a_hung_read_is_given_up_after_five_seconds(ordeal):
    first, *later = ordeal.of("read", "hang-1")
    assert len(later) <= 2
    assert all(again.at_s - first.at_s >= 5.0 for again in later)


def test_a_hung_status_read_does_not_stop_the_targets(ordeal):
    assert len(ordeal.of("set", "hangstatus-1")) == TICKS


def test_a_hung_target_does_not_stop_the_statuses(ordeal):
    assert len(ordeal.of("read", "hangset-1")) == 7


@pytest.mark.parametrize("device", ["hang-1", "hangset-1", "hangstatus-1"])
def test_an_overdue_device_is_told_of_once(ordeal, device):
    assert ordeal.err.count(f"{device}: overdue") == 1


def test_devices_without_a_usable_potential_are_told_zero_and_the_others_carry_their_share(ordeal):
    # Nothing can come from hang, hangstatus, raise and garbage (100 each) nor from the ghost (50). From the first tick
    # on the eight that can deliver carry these 450: 56 each and two of them one more.
    for device in ("hangstatus-1", "garbage-1"):
        assert set(ordeal.targets(device)) == {0}
    assert set(ordeal.targets("ok-1")[:3]) == {157}
    assert set(ordeal.targets("ok-5")[:3]) == {156}
    # Then also what hangset does not take, and late takes late, counts only as what is measured.
    assert max(ordeal.targets("ok-1")) > 157
    assert "hangset-1: is told to deliver 156" in ordeal.err
    assert "hangstatus-1   missing" in ordeal.err


def test_a_slow_device_gets_its_newest_target_next_and_none_overlap(ordeal):
    started = [entry.at_s for entry in ordeal.of("set", "late-1")]
    done = [entry.at_s for entry in ordeal.of("done", "late-1")]
    assert len(started) == 3, "2.5 s each: nothing is replayed"
    assert all(begun >= finished for begun, finished in zip(started[1:], done, strict=False))
    assert 1 <= ordeal.err.count("late-1: overdue") <= 3, "once for each time it is late"


def test_every_kind_of_exception_is_counted_and_told_of_once(ordeal):
    assert len(ordeal.of("set", "raise-1")) == TICKS
    assert len(ordeal.of("read", "raise-1")) == 7
    assert ordeal.err.count("raise-1: setting the power target fails") == 1
    assert ordeal.err.count("raise-1: reading the status fails") == 1
    failed = int(ordeal.closing_line.partition("failed ")[2].partition(",")[0])
    assert failed >= TICKS + 7


def test_an_entry_without_a_device_is_warned_of_once(ordeal):
    assert ordeal.err.count("'ghost' is scheduled but there is no such device") == 1


def test_nothing_is_thrown_at_the_reader(ordeal):
    assert "Traceback" not in ordeal.err


@pytest.mark.parametrize("fault", ["hang", "raise"])
def test_without_a_schedule_everybody_is_told_zero_on_time(product, fault):
    site = site_text({"ok-1": 100})
    ended = while_nothing_holds_up_the_machine(
        lambda: product.run("--for", "2", site=site, SCHEDULE=fault),
        is_well=lambda run: run.targets("ok-1") == [0] * 10,
    )
    assert ended.targets("ok-1") == [0] * 10
    assert ended.err.count("no schedule, all devices are told 0") == 1
    assert fault == "raise" or len(ended.of("fetch")) <= 3


def test_a_schedule_of_garbage_tells_zero_or_what_is_readable(product):
    site = site_text({"ok-1": 100, "ok-2": 100, "ok-3": 100})
    ended = while_nothing_holds_up_the_machine(lambda: product.run("--for", "2", site=site, SCHEDULE="garbage"))
    assert set(ended.targets("ok-1")) == {0}, "NaN"
    assert set(ended.targets("ok-2")) == {0}, "a truth value"
    assert set(ended.targets("ok-3")) <= {0, 7}, "7.9 is floored"
    assert len(ended.targets("ok-3")) == 10


def test_the_blocks_follow_each_other_and_no_tick_takes_another_blocks_targets(product):
    site = site_text({"ok-1": 0}).replace('{ "ok-1" = 0 }', "{}")
    for block in range(5):
        site = site.replace("{}", f'{{ "ok-1" = {100 + block} }}', 1)

    def of_another_block(run):
        told = [(int(entry.value), *divmod(entry.at_s - run.start_s, 0.5)) for entry in run.of("set", "ok-1")]
        return [each for each in told if each[0] not in {100 + each[1] % 5, 0} and each[2] >= 0.1]

    ended = while_nothing_holds_up_the_machine(
        lambda: product.run("--for", "5", site=site, BLOCK_S="0.5"),
        is_well=lambda run: not of_another_block(run) and run.targets("ok-1").count(0) <= 3,
    )
    assert of_another_block(ended) == []
    assert ended.targets("ok-1").count(0) <= 3


def test_a_pipe_that_nobody_reads_stops_nothing(product):
    site = site_text({"flood-1": 1, "stdout-1": 1, "ok-1": 100})

    def run():
        process = product.start("run", "--no-api", "--for", "3", site=site)
        assert process.wait(60) == 0
        return product.end(process)

    assert len(while_nothing_holds_up_the_machine(run).targets("ok-1")) == 15


def test_stderr_that_nobody_reads_stops_nothing(product):
    site = site_text({"raise-1": 1, "ok-1": 100})

    def run():
        process = product.start("run", "--no-api", "--for", "2", site=site, ENERGY_MANAGER_LOG__LEVEL="DEBUG")
        assert process.wait(60) == 0
        return product.end(process)

    assert len(while_nothing_holds_up_the_machine(run).targets("ok-1")) == 10


def test_the_demo_runs_on_the_projects_own_devices(product):
    process = product.start("run", "--no-api", "--for", "1", PYTHONPATH="", fast=False)
    ended = product.end(process)
    assert ended.code == 0
    assert "(short of 300)" in ended.err, "asset_3 can deliver 50, or its first status came late"
    assert "Power set: " in ended.out


def test_a_long_run_keeps_a_steady_number_of_threads(product):
    devices = {f"{'hang' if n % 4 == 0 else 'ok'}-{n}": 10 for n in range(40)}
    process = product.start("run", "--no-api", "--for", "600", site=site_text(devices), stdout=subprocess.DEVNULL)

    def told(ticks):
        return sum(entry.kind == "set" and entry.asset == "ok-1" for entry in product.entries()) >= ticks

    def threads():
        with open(f"/proc/{process.pid}/status") as status:
            return int(next(line.split()[1] for line in status if line.startswith("Threads:")))

    # On a busy machine every lane of every device may be waiting for its turn; one thread more a tick would be 200.
    for ticks in (10, 30):
        assert eventually(lambda: told(ticks), within_s=60)
        assert threads() <= 2 * len(devices) + 16
    process.terminate()
    assert product.end(process).code == 143


def test_the_peak_shaving_example_measures_and_holds_its_grid_connection(product):
    process = product.start(
        "run", "--no-api", "--for", "8", "--site", "examples/peak_shaving.toml", PYTHONPATH="", fast=False,
        ENERGY_MANAGER_DISPATCH__PERIOD_S="1",
    )  # fmt: skip
    ended = product.end(process)
    assert ended.code == 0
    assert re.search(r"   (im|ex)port \d", ended.err), "how high the load is depends on the moment"
    assert "grid_meter" not in ended.out, "a meter is told nothing"
