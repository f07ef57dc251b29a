"""``[tariff]`` and ``[prices]`` of a site file, and the command that prints what they come to."""

import json

import pytest

from energy_manager.application.ports.forecasts.price_source import PricesUnavailable
from energy_manager.domain.errors import Refused
from energy_manager.entrypoints.check import describe
from energy_manager.entrypoints.commands import app
from energy_manager.entrypoints.site_file import DEMO_SITE

TARIFF = """
[tariff]
currency = "EUR"
zone = "Europe/Berlin"
vat = 0.19
charges = [{ from = "17:00", to = "20:00", per_kwh = 0.22 }, { from = "20:00", to = "17:00", per_kwh = 0.14 }]
feed_in = "spot"
feed_in_fee_per_kwh = 0.002
feed_in_while_negative = 0
"""
PRICES = """
[prices]
source = "file"
path = "prices.csv"
"""
HOURS = """start,end,price
2026-03-02T15:00:00Z,2026-03-02T17:00:00Z,0.10
2026-03-02T17:00:00Z,2026-03-02T18:00:00Z,-0.05
"""


@pytest.fixture(autouse=True)
def _apart(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ENERGY_MANAGER_STORE__URL", "memory:")
    (tmp_path / "prices.csv").write_text(HOURS)


def site(tmp_path, *tables):
    path = tmp_path / "site.toml"
    path.write_text(DEMO_SITE.read_text() + "".join(tables))
    return path


def printed(path, capfd, since="2026-03-02T16:00+01:00", until="2026-03-02T19:00+01:00"):
    app(["prices", "--site", str(path), "--from", since, "--to", until], standalone_mode=False)
    return json.loads(capfd.readouterr().out)


def faults(path):
    with pytest.raises(Refused) as refusal:
        list(describe(path))
    return [f"{fault.field.rpartition(': ')[2]}: {fault.message}" for fault in refusal.value.faults]


def test_prices_are_printed_with_charges_by_the_local_clock_and_vat(tmp_path, capfd):
    found = printed(site(tmp_path, TARIFF, PRICES), capfd)
    assert (found["currency"], found["source"]) == ("EUR", "file")
    # (0.10 + 0.14) x 1.19, (0.10 + 0.22) x 1.19, (-0.05 + 0.22) x 1.19; a kWh fed in earns the spot price less 0.2 ct.
    assert found["intervals"] == [
        {"start": "2026-03-02T15:00:00Z", "end": "2026-03-02T16:00:00Z", "spot_per_kwh": 0.1,
         "buy_per_kwh": 0.2856, "sell_per_kwh": 0.098, "assumed": False},
        {"start": "2026-03-02T16:00:00Z", "end": "2026-03-02T17:00:00Z", "spot_per_kwh": 0.1,
         "buy_per_kwh": 0.3808, "sell_per_kwh": 0.098, "assumed": False},
        {"start": "2026-03-02T17:00:00Z", "end": "2026-03-02T18:00:00Z", "spot_per_kwh": -0.05,
         "buy_per_kwh": 0.2023, "sell_per_kwh": 0.0, "assumed": False},
    ]  # fmt: skip


def test_the_next_day_is_assumed_and_what_nobody_knows_is_told_apart(tmp_path, capfd):
    path = site(tmp_path, TARIFF, PRICES)
    app(
        ["prices", "--site", str(path), "--from", "2026-03-03T15:00Z", "--to", "2026-03-03T19:00Z"],
        standalone_mode=False,
    )
    told = capfd.readouterr()
    found = json.loads(told.out)["intervals"]
    assert {interval["assumed"] for interval in found} == {True}
    assert (found[0]["start"], found[-1]["end"]) == ("2026-03-03T15:00:00Z", "2026-03-03T18:00:00Z")
    assert told.err == "there is no price from 2026-03-03T18:00:00Z to 2026-03-03T19:00:00Z\n"


def test_no_price_at_all_is_one_reason(tmp_path, capfd):
    with pytest.raises(PricesUnavailable, match="file has no price for 2026-04-02"):
        printed(site(tmp_path, TARIFF, PRICES), capfd, since="2026-04-02T16:00Z", until="2026-04-02T17:00Z")


def test_a_tariff_without_a_market_is_its_charges(tmp_path, capfd):
    flat = TARIFF.replace('feed_in = "spot"', "feed_in = 0.08")
    found = printed(site(tmp_path, flat), capfd)
    assert [(own["buy_per_kwh"], own["sell_per_kwh"]) for own in found["intervals"]] == [(0.1666, 0.08), (0.2618, 0.08)]


def test_check_says_what_a_kwh_costs_and_where_prices_come_from(tmp_path):
    told = list(describe(site(tmp_path, TARIFF, PRICES, '[prices.fallback]\nsource = "energy_charts"\narea = "DE-LU"')))
    assert (
        "tariff in EUR per kWh: the spot price and 0.22 from 17:00 to 20:00, 0.14 from 20:00 to 17:00 "
        "(Europe/Berlin time), VAT 19 %; a kWh fed in earns the spot price less 0.002, 0 while the spot price is "
        "negative"
    ) in told
    assert any("spot prices from file" in line and "else from energy_charts DE-LU" in line for line in told)


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        (PRICES, "prices: there must be a table [tariff], which says what is paid beside the spot price"),
        (TARIFF, "tariff.feed_in: there must be a table [prices], where the spot price comes from"),
        (
            TARIFF.replace('"17:00", to = "20:00"', '"17:00", to = "21:00"') + PRICES,
            "tariff.charges[1]: another charge holds at 20:00 already",
        ),
        (TARIFF.replace('"17:00", to', '"1700", to') + PRICES, "tariff.charges[0].from: '1700': is no time of day"),
        (TARIFF.replace("vat = 0.19", "vat = 19") + PRICES, "tariff.vat: 19: input should be less than or equal to 1"),
        (TARIFF.replace('"spot"', '"sopt"') + PRICES, "tariff.feed_in: 'sopt': must be a price per kWh, or \"spot\""),
        (TARIFF + '[prices]\nsource = "octopus"\narea = "C"', "prices.product: is missing: prices from octopus need"),
        (TARIFF + PRICES + '[prices.fallback]\nsource = "awattar"\narea = "fr"', "prices.fallback.area: 'fr' is no"),
        (TARIFF + '[prices]\nsource = "tibber"', "ENERGY_MANAGER_PRICES__TOKEN: is missing: prices from tibber"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_by_its_key(tmp_path, tables, said):
    found = faults(site(tmp_path, tables))
    assert found[0].startswith(said), found


def test_a_misspelt_key_has_a_near_miss(tmp_path):
    found = faults(
        site(tmp_path, TARIFF.replace("feed_in_fee", "feed_in_fees").replace('{ from = "17', '{ form = "17'))
    )
    assert "tariff.charges[0].form: there is no such key; did you mean from?" in found
    assert "tariff.feed_in_fees_per_kwh: there is no such key; did you mean feed_in_fee_per_kwh?" in found
