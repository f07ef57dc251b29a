"""A site of the product as the fleet sees it: what its assets deliver and could, its prices, and what it answers."""

import threading
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from energy_manager.adapters.storage import InMemoryStore
from energy_manager.adapters.storage.in_memory import InMemoryHistory
from energy_manager.application.alarms import AlarmBoard
from energy_manager.application.fleet.at_site.site_assets import AssetNow
from energy_manager.application.ports.fleet.fleet_bus import Question
from energy_manager.application.ports.records.logbook import THE_PRODUCT, LogEntry, LogKind
from energy_manager.domain.dispatch import AssetStatus
from energy_manager.domain.errors import Refused
from energy_manager.domain.fleet import Direction
from energy_manager.domain.schedule import Override
from energy_manager.entrypoints.container.fleet.site import AnswerCentre, ReadSiteNow
from energy_manager.entrypoints.container.site_container import Container
from energy_manager.entrypoints.settings import FleetSettings, Settings, StoreSettings
from energy_manager.entrypoints.site_file import DEMO_SITE, read_site_file
from tests.support.product import ROOT
from tests.support.recorded import NOON, tick

STORE = StoreSettings(url="memory:")


def container_of(site=DEMO_SITE, **fleet):
    settings = Settings(store=STORE, fleet=FleetSettings(url="nats://127.0.0.1:1", site="north", **fleet))
    return Container(settings=settings, site=read_site_file(site))


def test_without_a_fleet_in_the_settings_there_is_no_link():
    assert Container(settings=Settings(store=STORE), site=read_site_file(DEMO_SITE)).fleet_link() is None


def test_the_room_of_a_site_is_that_of_the_assets_that_orders_are_for():
    container = container_of(assets="asset_1,asset_3")
    link = container.fleet_link().link
    assert link.assets.read().deliver_kw is None, "nothing was measured yet"
    assert link.assets.read().is_on_time is False
    now_s = container.clock().now_s()
    for asset, kw in (("asset_1", 200), ("asset_2", 300), ("asset_3", 50)):
        status = AssetStatus(taken_at_s=now_s, output=kw, output_w=1000.0 * kw, highest=kw + 100)
        container.statuses().put(asset, status)
    seen = link.assets.read()
    assert (seen.deliver_kw, seen.assets.keys()) == (250, {"asset_1", "asset_3"})
    assert link.assets.rooms(Direction.UP, NOON) == {"asset_1": 300, "asset_3": 150}
    assert link.assets.rooms(Direction.DOWN, NOON) == {"asset_1": 0, "asset_3": 0}


def test_an_asset_whose_status_is_old_delivers_nothing_that_is_known_and_has_no_room():
    container = container_of(assets="asset_1")
    old_s = container.clock().now_s() - 60
    container.statuses().put("asset_1", AssetStatus(taken_at_s=old_s, output=200, highest=300))
    assert container.fleet_link().link.assets.read().assets == {"asset_1": AssetNow(deliver_kw=None, up=0, down=0)}


def test_what_a_person_has_set_is_not_the_centres():
    container = container_of(assets="asset_1")
    status = AssetStatus(taken_at_s=container.clock().now_s(), output=200, highest=300)
    container.statuses().put("asset_1", status)
    link, now = container.fleet_link().link, container.site_clock().now()
    assert link.assets.rooms(Direction.UP, now) == {"asset_1": 300}
    container.store().open()
    by_hand = Override(
        id="o", assets=("asset_1",), target=0, made_at=now, until=now + timedelta(hours=1), reason="valve", who="ann",
        role="operator",
    )  # fmt: skip
    line = LogEntry(at=now, kind=LogKind.COMMAND, actor=THE_PRODUCT, action="override")
    container.overrides().add(by_hand, line)
    assert link.assets.rooms(Direction.UP, now) == {"asset_1": 0}


def test_the_prices_are_those_of_the_sites_own_plan():
    container = container_of(ROOT / "examples" / "home_battery.toml")
    parts = container.fleet_link().link.assets.read.parts
    read = ReadSiteNow(parts=parts, assets=())
    assert read._prices(NOON, {}) == (None, None)
    leading = SimpleNamespace(last_value=0.2, next_value=0.1, prices=SimpleNamespace(buy=0.3))
    guidance = SimpleNamespace(currency="EUR", at=lambda instant_s, stored_kwh: leading if stored_kwh == 4 else None)
    grid = SimpleNamespace(storage="battery")
    site = SimpleNamespace(described=SimpleNamespace(grid_connection=grid))
    led = ReadSiteNow(parts=SimpleNamespace(guided=lambda: guidance, site=site), assets=())
    assert led._prices(NOON, {"battery": SimpleNamespace(stored_wh=4000)}) == pytest.approx((200, 200))
    assert led._prices(NOON, {"battery": SimpleNamespace(stored_wh=1)}) == (None, None)


@pytest.mark.parametrize(
    ("fleet", "said"),
    [
        ({"assets": "asset_9"}, "did you mean 'asset_"),
        ({"credentials": "/nowhere"}, "'/nowhere' cannot be read"),
    ],
)
def test_settings_that_name_what_is_not_there_are_refused(fleet, said):
    with pytest.raises(Refused, match=said):
        container_of(**fleet).fleet_link()


def answer(about, **arguments):
    history = InMemoryHistory()
    history.record(tick({"a": 100}, {"a": 200}))
    now = lambda: datetime(2026, 3, 2, 12, 1, tzinfo=UTC)  # noqa: E731
    store = InMemoryStore()
    store.open()
    board = AlarmBoard(
        troubles=list, store=store.repository, now=now, elapsed_s=lambda: 0.0,
        one_at_a_time=threading.Lock(),
    )  # fmt: skip
    ask = AnswerCentre(history=history, alarms=board, now=now, assets=("a", "silent"))
    return ask(Question(site="n", id="q", about=about, arguments=arguments))


def test_of_an_asset_that_has_never_answered_it_is_told_what_is_known():
    told = answer("explain", asset="silent", at="now")["sentences"]
    assert told[0].startswith("silent was told nothing at tick ")
    assert set(answer("history", asset="silent", **{"from": "-2min", "to": "now"})["output"]["mean"]) == {None}


def test_the_centre_may_ask_why_an_asset_was_told_its_target_and_for_its_history():
    assert answer("explain", asset="a", at="now")["sentences"][0].startswith("a was told to deliver 100 kW")
    told = answer("history", asset="a", **{"from": "-2min", "to": "now"})
    assert max(value or 0 for value in told["scheduled"]["mean"]) == 100


@pytest.mark.parametrize(
    ("about", "arguments", "said"),
    [
        ("weather", {"asset": "a"}, "available: acknowledge, alarms, explain, history"),
        ("explain", {}, "asset: null is no text"),
        ("acknowledge", {"alarm": "x"}, "who: null is no text"),
        ("acknowledge", {"alarm": "x", "who": "ann", "role": "operator"}, "alarm: 'x' is not active"),
        ("explain", {"asset": "a", "at": 7}, "at: 7 is no text"),
        ("explain", {"asset": "a", "at": "noon"}, "'noon' is no time"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_its_field(about, arguments, said):
    with pytest.raises(Refused, match=said):
        answer(about, **arguments)


def test_the_centre_may_ask_for_the_sites_alarms():
    assert answer("alarms") == {"alarms": []}
