"""``energy-manager prices`` on fakes of every service over HTTP: days of 23, 24 and 25 hours, gaps, a second source."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from energy_manager.application.ports.forecasts.price_source import PricesUnavailable
from energy_manager.entrypoints.commands import app
from tests.integration.prices.test_price_sources import entsoe_document, octopus_rate, series, tibber_document
from tests.support.price_services import served

pytestmark = pytest.mark.no_cover  # others take its branches

HOUR, QUARTER = timedelta(hours=1), timedelta(minutes=15)
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
# The local day, and how many hours it has.
DAYS = [("2026-03-02", 24), ("2026-03-29", 23), ("2026-10-25", 25)]


def euros(at):
    """A price per MWh that no other quarter hour of the year has."""
    return int((at - EPOCH) / QUARTER) % 4000 + 1


def local_day(day, zone):
    """The instants of midnight before the day and after it, UTC."""
    begin = datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(zone))
    following = (begin + timedelta(days=1)).replace(tzinfo=ZoneInfo(zone))
    return begin.astimezone(UTC), following.astimezone(UTC)


def steps(begin, end, length):
    count = int((end - begin) / length)
    return [begin + length * place for place in range(count)]


def of_entsoe(begin, end):
    """Two days: hours of one auction, quarter hours of it beside them, and another auction that is not asked for."""

    def stamp(at):
        return f"{at:%Y-%m-%dT%H:%MZ}"

    def one(length, resolution, price, **more):
        prices, last = {}, None
        for place, at in enumerate(steps(begin, end, length), 1):
            # Curve type A03 leaves out what repeats the price before.
            if price(at) != last:
                prices[place] = last = price(at)
        return series(prices, start=stamp(begin), end=stamp(end), resolution=resolution, **more)

    return entsoe_document(
        one(HOUR, "PT60M", euros, sequence=1),
        one(QUARTER, "PT15M", euros, sequence=1),
        one(HOUR, "PT60M", lambda _: 999, sequence=2),
    )


def of_energy_charts(begin, end):
    starts = steps(begin, end, QUARTER)
    return json.dumps(
        {
            "unix_seconds": [int(at.timestamp()) for at in starts],
            "price": [euros(at) for at in starts],
            "unit": "EUR / MWh",
        }
    )


def of_awattar(begin, end):
    return json.dumps(
        {
            "data": [
                {
                    "start_timestamp": int(1000 * at.timestamp()),
                    "end_timestamp": int(1000 * (at + HOUR).timestamp()),
                    "marketprice": euros(at),
                    "unit": "Eur/MWh",
                }
                for at in steps(begin, end, HOUR)
            ]
        }
    )


def of_tibber(begin, end):
    """Tomorrow is empty until about 13:00: all that there is comes as today."""
    zone = ZoneInfo("Europe/Berlin")
    entries = [
        {
            "startsAt": at.astimezone(zone).isoformat(timespec="milliseconds"),
            "energy": euros(at) / 1000,
            "total": round(0.2 + euros(at) / 1000, 4),
            "currency": "EUR",
        }
        for at in steps(begin, end, HOUR)
    ]
    return json.dumps(tibber_document(entries, ()))


def of_octopus(begin, end):
    """Half hours in pence, newest first; the newest holds until further notice."""
    half = timedelta(minutes=30)
    rates = [
        octopus_rate(
            f"{at:%Y-%m-%dT%H:%M:%SZ}",
            None if at + half == end else f"{at + half:%Y-%m-%dT%H:%M:%SZ}",
            euros(at) / 10,
            round(euros(at) / 10 * 1.05, 6),
        )
        for at in steps(begin, end, half)
    ]
    return json.dumps({"results": rates[::-1], "next": None})


SERVICES = {
    "entsoe": (of_entsoe, QUARTER, 'area = "10Y1001A1001A82H"\nsequence = 1'),
    "energy_charts": (of_energy_charts, QUARTER, 'area = "DE-LU"'),
    "awattar": (of_awattar, HOUR, 'area = "de"'),
    "tibber": (of_tibber, HOUR, ""),
    "octopus": (of_octopus, timedelta(minutes=30), 'area = "C"\nproduct = "AGILE-24"'),
}
BILLED = {"tibber", "octopus"}


@pytest.fixture
def fetched(tmp_path, monkeypatch, capfd):
    """What the command prints for a site with these prices from one instant to another."""
    monkeypatch.setenv("ENERGY_MANAGER_PRICES__TOKEN", "secret-token")
    monkeypatch.setenv("ENERGY_MANAGER_STORE__URL", "memory:")

    def fetched(prices, begin, end, *, zone="Europe/Berlin", currency="EUR"):
        tariff = f'[tariff]\ncurrency = "{currency}"\nvat = 0.19\nfeed_in = "spot"\nfeed_in_fee_per_kwh = 0.002\n'
        charges = 'charges = [{ from = "17:00", to = "20:00", per_kwh = 0.22 }, '
        charges += '{ from = "20:00", to = "17:00", per_kwh = 0.14 }]\n'
        path = tmp_path / "site.toml"
        head = f'[site]\nname = "a"\ntime_zone = "{zone}"\n\n[[assets]]\nid = "a"\ndriver = "shared"\n\n'
        path.write_text(head + tariff + charges + prices)
        app(
            ["prices", "--site", str(path), "--from", begin.isoformat(), "--to", end.isoformat()], standalone_mode=False
        )
        answer = json.loads(capfd.readouterr().out)
        for each in answer["intervals"]:
            each |= {name: datetime.fromisoformat(each[name]) for name in ("start", "end")}
        return answer

    return fetched


def table(service, url, name="prices"):
    return f'\n[{name}]\nsource = "{service}"\nurl = "{url}"\n{SERVICES[service][2]}\n'


def place(service):
    """Where a service is read: its zone and its currency."""
    return ("Europe/London", "GBP") if service == "octopus" else ("Europe/Berlin", "EUR")


@pytest.mark.parametrize(("day", "hours"), DAYS)
@pytest.mark.parametrize("service", SERVICES)
def test_every_service_prices_each_instant_of_a_day_whatever_its_length(fetched, service, day, hours):
    document, length, _ = SERVICES[service]
    zone, currency = place(service)
    begin, end = local_day(day, zone)
    assert end - begin == hours * HOUR
    with served(document(begin - timedelta(days=1), end)) as (_, url):
        answer = fetched(table(service, url), begin, end, zone=zone, currency=currency)
    assert (answer["currency"], answer["source"]) == (currency, service)
    intervals = answer["intervals"]
    assert (intervals[0]["start"], intervals[-1]["end"]) == (begin, end)
    assert all(a["end"] == b["start"] for a, b in pairwise(intervals))
    assert not any(each["assumed"] for each in intervals)
    assert len(intervals) == (end - begin) / length
    for each in intervals:
        spot = Decimal(euros(each["start"])) / 1000
        assert Decimal(str(each["spot_per_kwh"])) == spot
        assert Decimal(str(each["sell_per_kwh"])) == spot - Decimal("0.002")
        clock = each["start"].astimezone(ZoneInfo(zone)).hour
        charge = Decimal("0.22") if 17 <= clock < 20 else Decimal("0.14")
        # Tibber's and Octopus' prices carry taxes and charges already.
        billed = {"tibber": spot + Decimal("0.2"), "octopus": spot * Decimal("1.05")}
        assert float(each["buy_per_kwh"]) == pytest.approx(
            float(billed.get(service, (spot + charge) * Decimal("1.19")))
        )


@pytest.mark.parametrize(("day", "hours"), DAYS)
@pytest.mark.parametrize("service", sorted(SERVICES.keys() - {"octopus"}))
def test_what_a_service_does_not_say_is_that_of_the_day_before_and_never_0(fetched, service, day, hours):
    document, *_ = SERVICES[service]
    zone, currency = place(service)
    begin, end = local_day(day, zone)
    yesterday = local_day(str((datetime.fromisoformat(day) - timedelta(days=1)).date()), zone)[0]
    known_until = begin + (hours - 10) * HOUR
    with served(document(yesterday, known_until)) as (_, url):
        intervals = fetched(table(service, url), begin, end, zone=zone, currency=currency)["intervals"]
    assert sum((each["end"] - each["start"] for each in intervals), timedelta(0)) == hours * HOUR
    for each in intervals:
        assert each["assumed"] == (each["start"] >= known_until)
        local = each["start"].astimezone(ZoneInfo(zone))
        source = each["start"]
        if each["assumed"]:
            source = (local - timedelta(days=1)).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
        assert Decimal(str(each["spot_per_kwh"])) == Decimal(euros(source)) / 1000


@pytest.mark.parametrize("down", [(503, "busy"), (200, "<html>"), (200, "")])
@pytest.mark.parametrize("service", sorted(SERVICES.keys() - {"octopus"}))
def test_the_second_source_steps_in_for_a_service_that_is_down(fetched, service, down):
    begin, end = local_day("2026-10-25", "Europe/Berlin")
    with served(down) as (_, url), served(of_awattar(begin - timedelta(days=1), end)) as (_, other):
        answer = fetched(table(service, url) + table("awattar", other, "prices.fallback"), begin, end)
    assert len(answer["intervals"]) >= 25
    assert {Decimal(str(each["spot_per_kwh"])) * 1000 for each in answer["intervals"]} == {
        euros(at) for at in steps(begin, end, HOUR)
    }


def test_the_second_source_fills_a_day_that_the_first_lacks(fetched):
    first_day, end = datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 5, tzinfo=UTC)
    middle = first_day + timedelta(days=1)
    whole = entsoe_document(
        *(
            series(
                {n + 1: euros(at) for n, at in enumerate(steps(day, day + timedelta(days=1), HOUR))},
                start=f"{day:%Y-%m-%dT%H:%MZ}",
                end=f"{day + timedelta(days=1):%Y-%m-%dT%H:%MZ}",
            )
            for day in (first_day - timedelta(days=1), first_day, end - timedelta(days=1))
        )
    )
    with served(whole) as (_, url), served(of_awattar(middle, middle + timedelta(days=1))) as (_, other):
        prices = f'\n[prices]\nsource = "entsoe"\nurl = "{url}"\narea = "10Y1001A1001A82H"\n'
        answer = fetched(prices + table("awattar", other, "prices.fallback"), first_day, end)
    assert not any(each["assumed"] for each in answer["intervals"])
    assert all(
        Decimal(str(each["spot_per_kwh"])) * 1000 == euros(each["start"])
        for each in answer["intervals"]
        if each["start"].minute == 0
    )


@pytest.mark.parametrize("service", SERVICES)
def test_no_price_at_all_is_one_reason(fetched, service):
    zone, currency = place(service)
    begin, end = local_day("2026-03-29", zone)
    with served((503, "busy")) as (_, url), pytest.raises(PricesUnavailable) as reason:
        fetched(table(service, url), begin, end, zone=zone, currency=currency)
    assert "503" in str(reason.value)
    assert "secret-token" not in str(reason.value)
