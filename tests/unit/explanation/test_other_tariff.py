"""What the recorded exchange would have cost under another tariff."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from energy_manager.adapters.records.recordings import write_recording
from energy_manager.application.explanation.other_tariff import under_tariff
from energy_manager.application.ports.records.tick import GridHold, Tick
from energy_manager.domain.errors import Refused
from energy_manager.domain.tariff import Rate
from energy_manager.entrypoints.commands import app
from energy_manager.entrypoints.site_file import DEMO_SITE

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def tick(second, import_kw, *, buy=0.3, currency="EUR"):
    hold = GridHold(
        storage="battery", target=0, import_kw=import_kw, reason="band", plan="p", buy_per_kwh=buy, sell_per_kwh=0.1,
        currency=currency,
    )  # fmt: skip
    at = NOON + timedelta(seconds=second)
    return Tick(
        number=second, at=at, lag_s=0.0, scheduled={}, potentials={}, targets={}, shortfall=0, hold=hold,
        policy="proportional",
    )  # fmt: skip


def rates(since, until):
    return [
        Rate(
            start=since, end=until, spot_per_kwh=Decimal(0), buy_per_kwh=Decimal("0.5"), sell_per_kwh=Decimal("0.05"),
            is_assumed=False,
        )
    ]  # fmt: skip


def test_imports_and_exports_are_priced_apart_and_hold_until_the_next_tick():
    # 36 kW for 20 s are 0.2 kWh; 18 kW out for 40 s are 0.2 kWh; the last one, 0 kW, costs nothing.
    told = under_tariff([tick(0, 36.0), tick(20, -18.0), tick(60, 0.0)], rates, currency="CHF")
    assert (told.imported_kwh, told.exported_kwh) == (pytest.approx(0.2), pytest.approx(0.2))
    assert told.known == pytest.approx(0.2 * 0.3 - 0.2 * 0.1)
    assert told.other == told.priced == pytest.approx(0.2 * 0.5 - 0.2 * 0.05)
    assert list(told.lines())[-1] == ("where prices are on record it was 0.0400 EUR, and would have been 0.0900 CHF")


def test_the_last_tick_of_a_run_counts_as_long_as_a_tick_lasts():
    before = [tick(0, 60.0), tick(2, 60.0), tick(4, 60.0)]
    after = [replace(tick(second, 60.0), number=place) for place, second in enumerate((34, 36))]
    told = under_tariff([replace(one, number=place) for place, one in enumerate(before)] + after, rates, currency="EUR")
    assert told.imported_kwh == pytest.approx((6 + 4) / 60)


def test_over_a_pause_nothing_is_known():
    told = under_tariff([tick(0, 60.0), tick(3600, 0.0)], rates, currency="EUR")
    assert told.imported_kwh == pytest.approx(1.0)


def test_without_a_price_on_record_there_is_nothing_to_compare():
    told = under_tariff([tick(0, 60.0, buy=None)], rates, currency="EUR")
    assert told.known is None
    assert list(told.lines())[-1] == "no price is on record to compare it with"


def test_what_was_not_measured_or_has_no_price_is_refused():
    with pytest.raises(Refused, match="has measured the grid connection"):
        under_tariff([tick(0, None)], rates, currency="EUR")
    with pytest.raises(Refused, match="has no price for 2026-03-02 12:00:00"):
        under_tariff([tick(0, 1.0)], lambda _since, _until: [], currency="EUR")


def test_the_command_reads_the_tariff_of_another_site_file(tmp_path, capfd):
    recording, other = tmp_path / "ticks.jsonl", tmp_path / "other.toml"
    write_recording(recording, iter([tick(0, 36.0), tick(20, 0.0)]))
    other.write_text(
        DEMO_SITE.read_text()
        + '\n[tariff]\ncurrency = "EUR"\ncharges = [{ from = "00:00", to = "24:00", per_kwh = 0.5 }]\n'
    )
    app(["replay", str(recording), "--tariff", str(other)], standalone_mode=False)
    assert "under this tariff: 0.1000 EUR" in capfd.readouterr().out
    with pytest.raises(Refused, match="is a question of its own"):
        app(["replay", str(recording), "--tariff", str(other), "--policy", "proportional"], standalone_mode=False)
