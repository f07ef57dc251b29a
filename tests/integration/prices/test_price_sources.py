"""Every source against answers as the services write them, with their oddities; what cannot be right is refused."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from energy_manager.adapters.prices.energy_charts import EnergyChartsPrices
from energy_manager.adapters.prices.fallback import PricesWithFallback
from energy_manager.adapters.prices.sources import PriceSourceOptions, price_source
from energy_manager.application.ports.forecasts.price_source import PricesUnavailable
from energy_manager.domain.errors import Refused
from tests.support.price_services import served

DAY = datetime(2026, 3, 2, tzinfo=UTC)
NEXT_DAY = DAY + timedelta(days=1)


def source(name, url="", **options):
    return price_source(PriceSourceOptions(source=name, currency=options.pop("currency", "EUR"), url=url, **options))


def said(intervals):
    """Start hour and minute, length in minutes, spot price."""
    return [
        (f"{each.start:%H:%M}", int((each.end - each.start).total_seconds() // 60), each.spot_per_kwh)
        for each in intervals
    ]


# ENTSO-E -------------------------------------------------------------------------------------------------------

SERIES = """<TimeSeries>{sequence}<currency_Unit.name>{currency}</currency_Unit.name>
<price_Measure_Unit.name>MWH</price_Measure_Unit.name><curveType>{curve}</curveType>
<Period><timeInterval><start>{start}</start><end>{end}</end></timeInterval><resolution>{resolution}</resolution>
{points}</Period></TimeSeries>"""


def series(prices, *, start="2026-03-02T00:00Z", end="2026-03-02T04:00Z", curve="A03", resolution="PT60M", **more):
    sequence = more.get("sequence")
    name = "classificationSequence_AttributeInstanceComponent.position"
    points = "".join(
        f"<Point><position>{position}</position><price.amount>{price}</price.amount></Point>"
        for position, price in prices.items()
    )
    return SERIES.format(
        sequence="" if sequence is None else f"<{name}>{sequence}</{name}>",
        currency=more.get("currency", "EUR"),
        curve=curve,
        start=start,
        end=end,
        resolution=resolution,
        points=points,
    )


def entsoe_document(*all_series):
    namespace = "urn:iec62325.351:tc57wg16:451-3:publicationdocument:7:3"
    name = "Publication_MarketDocument"
    return f'<?xml version="1.0"?><{name} xmlns="{namespace}">{"".join(all_series)}</{name}>'


def entsoe(*answers, **options):
    with served(*answers) as (service, url):
        asked = source("entsoe", url, area="10Y1001A1001A82H", token="secret-token", **options)
        return asked.fetch(DAY, NEXT_DAY), service


def test_entsoe_repeats_what_curve_type_a03_leaves_out_until_the_end_of_the_period():
    found, service = entsoe(entsoe_document(series({1: 80, 3: 95.5})))
    assert said(found) == [
        ("00:00", 60, Decimal("0.08")),
        ("01:00", 60, Decimal("0.08")),
        ("02:00", 60, Decimal("0.0955")),
        ("03:00", 60, Decimal("0.0955")),
    ]
    (asked,) = service.asked
    assert "documentType=A44" in asked[1]
    assert "periodStart=202603020000" in asked[1]


def test_entsoe_under_another_curve_type_misses_what_is_left_out():
    found, _ = entsoe(entsoe_document(series({1: 80, 3: 95.5}, curve="A01")))
    assert said(found) == [("00:00", 60, Decimal("0.08")), ("02:00", 60, Decimal("0.0955"))]


def test_entsoe_quarter_hours_go_before_hours_in_one_answer():
    hour = series({1: 80}, end="2026-03-02T01:00Z")
    quarters = series({1: 70, 2: 75, 4: 90}, end="2026-03-02T01:00Z", resolution="PT15M")
    found, _ = entsoe(entsoe_document(hour, quarters))
    assert said(found) == [
        ("00:00", 15, Decimal("0.07")),
        ("00:15", 15, Decimal("0.075")),
        ("00:30", 15, Decimal("0.075")),
        ("00:45", 15, Decimal("0.09")),
    ]


@pytest.mark.parametrize(("sequence", "price"), [(1, "0.08"), (2, "0.06")])
def test_entsoe_of_several_auctions_only_the_one_that_is_named_counts(sequence, price):
    one, two = (series({1: each}, end="2026-03-02T01:00Z", sequence=n) for n, each in ((1, 80), (2, 60)))
    found, _ = entsoe(entsoe_document(one, two), sequence=sequence)
    assert said(found) == [("00:00", 60, Decimal(price))]


def test_entsoe_a_day_that_is_not_there_is_a_gap():
    first = series({1: 80}, end="2026-03-02T01:00Z")
    later = series({1: 90}, start="2026-03-04T00:00Z", end="2026-03-04T01:00Z")
    found, _ = entsoe(entsoe_document(first, later))
    assert [each.start.day for each in found] == [2, 4]


def test_entsoe_a_day_of_23_hours_has_23():
    short = series({1: 80, 23: 70}, start="2026-03-28T23:00Z", end="2026-03-29T22:00Z")
    found, _ = entsoe(entsoe_document(short))
    assert len(found) == 23
    assert found[-1].end == datetime(2026, 3, 29, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        (
            "<Acknowledgement_MarketDocument><Reason><code>999</code><text>No matching data found</text></Reason>"
            "</Acknowledgement_MarketDocument>",
            "ENTSO-E has no prices: No matching data found",
        ),
        (entsoe_document(), "ENTSO-E has no price for this time"),
        (entsoe_document(series({1: 80}, currency="PLN")), "the prices are in PLN, the tariff is in EUR"),
        (entsoe_document(series({5: 80})), "position '5' of 1 to 4"),
        (entsoe_document(series({1: "n/a"})), "'n/a' is no price"),
        (entsoe_document(series({1: 80}, resolution="P1Y")), "'P1Y' is no resolution"),
        (entsoe_document(series({1: 250_000})), "250 is no price per kWh"),
        ("<html>", "no XML"),
        ('<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>', "declares entities"),
    ],
)
def test_entsoe_what_cannot_be_right_is_refused_with_its_reason(document, sentence):
    with pytest.raises(PricesUnavailable, match=sentence):
        entsoe(document)


def test_a_token_in_the_query_is_in_no_sentence():
    with pytest.raises(PricesUnavailable) as failure:
        entsoe((401, "Unauthorized"))
    assert "answered 401: 'Unauthorized'" in str(failure.value)
    assert "secret-token" not in str(failure.value)


# energy-charts, aWATTar ----------------------------------------------------------------------------------------------


def energy_charts(document):
    with served(json.dumps(document)) as (_, url):
        return source("energy_charts", url, area="DE-LU").fetch(DAY, NEXT_DAY)


def seconds(*minutes):
    return [int(DAY.timestamp()) + 60 * minute for minute in minutes]


def test_energy_charts_steps_may_change_from_hours_to_quarters_within_an_answer():
    found = energy_charts({"unix_seconds": seconds(0, 60, 75, 90), "price": [80, 70.1, -5, 0], "unit": "EUR / MWh"})
    assert said(found) == [
        ("00:00", 60, Decimal("0.08")),
        ("01:00", 15, Decimal("0.0701")),
        ("01:15", 15, Decimal("-0.005")),
        ("01:30", 15, Decimal(0)),
    ]


def test_energy_charts_null_is_missing_and_so_is_what_was_left_out():
    found = energy_charts({"unix_seconds": seconds(0, 60, 120, 480), "price": [80, None, 90, 100]})
    assert said(found) == [
        ("00:00", 60, Decimal("0.08")),
        ("02:00", 60, Decimal("0.09")),
        ("08:00", 60, Decimal("0.1")),
    ]


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ({"unix_seconds": seconds(0), "price": [80], "unit": "ct / kWh"}, "in ct / kWh, not in EUR / MWh"),
        ({"unix_seconds": seconds(0, 60), "price": [80]}, "no lists of one length"),
        ({"unix_seconds": [None], "price": [80]}, "None is no time in seconds"),
        ({"unix_seconds": [], "price": []}, "energy-charts has no price for this time"),
        ({"unix_seconds": seconds(0), "price": ["80 EUR"]}, "'80 EUR' is no price"),
        ([], "is no object"),
    ],
)
def test_energy_charts_what_cannot_be_right_is_refused_with_its_reason(document, sentence):
    with pytest.raises(PricesUnavailable, match=sentence):
        energy_charts(document)


def test_awattar_says_both_ends_in_milliseconds():
    start = int(1000 * DAY.timestamp())
    entry = {"start_timestamp": start, "end_timestamp": start + 3_600_000, "marketprice": 83.2, "unit": "Eur/MWh"}
    with served(json.dumps({"object": "list", "data": [entry]})) as (_, url):
        assert said(source("awattar", url, area="de").fetch(DAY, NEXT_DAY)) == [("00:00", 60, Decimal("0.0832"))]


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        ({"start_timestamp": 0, "end_timestamp": 0, "marketprice": 1}, "is not after"),
        ({"start_timestamp": 0, "end_timestamp": 3_600_000, "marketprice": 1, "unit": "ct/kWh"}, "in ct/kWh"),
        ({"end_timestamp": 3_600_000, "marketprice": 1}, "None is no time"),
        (7, "no object"),
    ],
)
def test_awattar_what_cannot_be_right_is_refused_with_its_reason(entry, sentence):
    with served(json.dumps({"data": [entry]})) as (_, url), pytest.raises(PricesUnavailable, match=sentence):
        source("awattar", url, area="de").fetch(DAY, NEXT_DAY)


# Tibber, Octopus ------------------------------------------------------------------------------------------------------


def tibber_document(today, tomorrow=(), **more):
    info = {"today": list(today), "tomorrow": list(tomorrow)}
    return {
        "data": {"viewer": {"homes": [{"currentSubscription": None}, {"currentSubscription": {"priceInfo": info}}]}}
    } | more


def tibber(document):
    with served(json.dumps(document)) as (service, url):
        return source("tibber", url, token="secret-token").fetch(DAY, NEXT_DAY), service


def tibber_price(hour, energy, total, **more):
    return {
        "startsAt": f"2026-03-02T{hour:02}:00:00.000+01:00",
        "energy": energy,
        "total": total,
        "currency": "EUR",
    } | more


def test_tibber_bills_the_total_and_tomorrow_may_be_empty():
    found, service = tibber(tibber_document([tibber_price(1, 0.08, 0.31), tibber_price(2, 0.09, 0.33)]))
    assert said(found) == [("00:00", 60, Decimal("0.08")), ("01:00", 60, Decimal("0.09"))]
    assert [each.final_per_kwh for each in found] == [Decimal("0.31"), Decimal("0.33")]
    assert service.asked[0][3]["Authorization"] == "Bearer secret-token"


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ({"errors": [{"message": "invalid token"}], "data": None}, "Tibber: invalid token"),
        ({"data": {"viewer": {"homes": [{"currentSubscription": None}]}}}, "no home with a subscription"),
        ({"data": {"viewer": None}}, "no viewer with homes"),
        (tibber_document([]), "Tibber has no price for this time"),
        (tibber_document([tibber_price(1, 0.8, 3.1, currency="SEK")]), "the prices are in SEK, the tariff is in EUR"),
        (tibber_document([tibber_price(1, None, 0.3)]), "a price without energy"),
        (tibber_document([{"startsAt": "2026-03-02T01:00:00", "energy": 1, "total": 1}]), "has no time zone"),
    ],
)
def test_tibber_what_cannot_be_right_is_refused_with_its_reason(document, sentence):
    with pytest.raises(PricesUnavailable, match=sentence):
        tibber(document)


def octopus_rate(start, end, exc, inc, **more):
    return {"valid_from": start, "valid_to": end, "value_exc_vat": exc, "value_inc_vat": inc} | more


def test_octopus_says_the_newest_first_in_pages_and_a_rate_without_an_end_holds_on():
    newest = octopus_rate("2026-03-02T00:30:00Z", None, 20, 21)
    older = octopus_rate("2026-03-02T00:00:00Z", "2026-03-02T00:30:00Z", 10, 10.5)
    pages = []
    with served(lambda: pages.pop(0)) as (service, url):
        pages += [
            json.dumps({"results": [newest], "next": f"{url}/v1/next?page=2"}),
            json.dumps({"results": [older], "next": None}),
        ]
        found = source("octopus", url, product="AGILE-24", area="C", currency="GBP").fetch(
            DAY, DAY + timedelta(hours=2)
        )
    assert said(found) == [("00:00", 30, Decimal("0.1")), ("00:30", 90, Decimal("0.2"))]
    assert [each.final_per_kwh for each in found] == [Decimal("0.105"), Decimal("0.21")]
    assert service.asked[0][1].startswith("/v1/products/AGILE-24/electricity-tariffs/E-1R-AGILE-24-C/")


def test_octopus_counts_a_rate_once_however_people_pay():
    rates = [
        octopus_rate("2026-03-02T00:00:00Z", None, 10, 10.5, payment_method="DIRECT_DEBIT"),
        octopus_rate("2026-03-02T00:00:00Z", None, 11, 11.5, payment_method="NON_DIRECT_DEBIT"),
    ]
    with served(json.dumps({"results": rates, "next": None})) as (_, url):
        (found,) = source("octopus", url, product="VAR-22", area="C", currency="GBP").fetch(DAY, NEXT_DAY)
    assert (found.spot_per_kwh, found.end) == (Decimal("0.1"), NEXT_DAY)


def test_octopus_does_not_follow_its_pages_to_another_host():
    page = json.dumps({"results": [], "next": "http://elsewhere.invalid/"})
    with served(page) as (_, url), pytest.raises(PricesUnavailable, match="on another host: elsewhere"):
        source("octopus", url, product="AGILE-24", area="C", currency="GBP").fetch(DAY, NEXT_DAY)


# Our own shape -------------------------------------------------------------------------------------------------

OWN_JSON = json.dumps([{"start": "2026-03-02T00:00Z", "end": "2026-03-02T01:00Z", "price": 0.08}])


@pytest.mark.parametrize(
    "text",
    [
        OWN_JSON,
        json.dumps({"intervals": json.loads(OWN_JSON)}),
        "start,end,price\n2026-03-02T00:00Z,2026-03-02T01:00Z,0.08\n",
        "\ufeffStart; End ; Price\r\n2026-03-02T01:00+01:00;2026-03-02T02:00+01:00;0,08\r\n",
        "start,end,price\n2026-03-02T00:00Z,2026-03-02T01:00Z,0.08\n2026-03-02T01:00Z,2026-03-02T02:00Z,\n",
    ],
)
def test_own_prices_are_json_or_csv_from_a_file_or_a_url(tmp_path, text):
    file = tmp_path / "prices"
    file.write_text(text, encoding="utf-8")
    expected = [("00:00", 60, Decimal("0.08"))]
    assert said(source("file", path=file).fetch(DAY, NEXT_DAY)) == expected
    with served(text) as (service, url):
        assert said(source("http", f"{url}/prices", token="secret-token").fetch(DAY, NEXT_DAY)) == expected
    assert service.asked[0][1].startswith("/prices?from=2026-03-02T00%3A00%3A00%2B00%3A00&to=")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("start,end,price\n2026-03-02T00:00Z,2026-03-02T01:00Z,eight\n", "line 2: .*'eight' is no price"),
        ("start,end,price\n2026-03-02T00:00,2026-03-02T01:00,1\n", "line 2: .*has no time zone"),
        ("start,price\n2026-03-02T00:00Z,1\n", "line 2: end is missing"),
        ("start,end,price\n", "has no price for this time"),
        ("", "has no price for this time"),
        ("{", "cannot be read"),
        ('{"prices": []}', "no list of intervals"),
        ('[{"start": "2026-03-02T00:00Z", "price": 1}]', r"intervals\[0\]: end is missing"),
        (b"\xff\xfe", "not UTF-8: byte 0"),
        (
            "start,end,price\n2026-03-02T00:00Z,2026-03-02T01:00Z,1\n2026-03-02T00:30Z,2026-03-02T01:30Z,2\n",
            "are both said",
        ),
    ],
)
def test_own_prices_that_cannot_be_right_are_refused_with_their_place(tmp_path, text, sentence):
    file = tmp_path / "prices"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(PricesUnavailable, match=sentence):
        source("file", path=file).fetch(DAY, NEXT_DAY)


def test_a_file_that_is_not_there_is_said(tmp_path):
    with pytest.raises(PricesUnavailable, match="cannot be read: No such file"):
        source("file", path=tmp_path / "nothing.csv").fetch(DAY, NEXT_DAY)


# The line, and the second source -------------------------------------------------------------------------------


def test_a_service_that_is_not_there_is_said_by_its_host():
    with served(OWN_JSON) as (_, url):
        pass
    with pytest.raises(PricesUnavailable, match=r"127\.0\.0\.1:\d+ cannot be reached"):
        source("http", url).fetch(DAY, NEXT_DAY)


@pytest.mark.parametrize(("status", "body"), [(302, ""), (500, "<h1>down\nfor ever"), (204, "")])
def test_only_an_answer_of_200_is_one(status, body):
    with served((status, body)) as (_, url), pytest.raises(PricesUnavailable, match=f"answered {status}"):
        source("http", url).fetch(DAY, NEXT_DAY)


def test_an_answer_without_end_is_refused():
    with served("x" * 8_000_001) as (_, url), pytest.raises(PricesUnavailable, match="sent more than 8 MB"):
        source("http", url).fetch(DAY, NEXT_DAY)


def own_file(tmp_path, name, *hours):
    rows = [f"2026-03-02T{hour:02}:00Z,2026-03-02T{hour + 1:02}:00Z,{price}" for hour, price in hours]
    (tmp_path / name).write_text("\n".join(["start,end,price", *rows]))
    return source("file", path=tmp_path / name)


def test_the_second_source_fills_the_gaps_of_the_first(tmp_path):
    first = own_file(tmp_path, "first", (0, 1), (2, 3))
    second = own_file(tmp_path, "second", (0, 10), (1, 20), (2, 30), (3, 40))
    both = PricesWithFallback(first=first, second=second)
    assert said(both.fetch(DAY, DAY + timedelta(hours=4))) == [
        ("00:00", 60, 1),
        ("01:00", 60, 20),
        ("02:00", 60, 3),
        ("03:00", 60, 40),
    ]


def test_the_second_source_is_not_asked_where_the_first_has_all(tmp_path):
    first = own_file(tmp_path, "first", (0, 1))
    absent = source("file", path=tmp_path / "absent")
    assert said(PricesWithFallback(first=first, second=absent).fetch(DAY, DAY + timedelta(hours=1))) == [
        ("00:00", 60, 1)
    ]


def test_one_source_of_two_is_enough_and_without_any_both_reasons_are_said(tmp_path):
    absent, other = (source("file", path=tmp_path / name) for name in ("absent", "other"))
    present = own_file(tmp_path, "present", (0, 1))
    until = DAY + timedelta(hours=2)
    assert said(PricesWithFallback(first=absent, second=present).fetch(DAY, until)) == [("00:00", 60, 1)]
    assert said(PricesWithFallback(first=present, second=absent).fetch(DAY, until)) == [("00:00", 60, 1)]
    with pytest.raises(PricesUnavailable, match=r"absent cannot be read.*other cannot be read"):
        PricesWithFallback(first=absent, second=other).fetch(DAY, until)


@pytest.mark.parametrize(
    ("name", "options", "sentence"),
    [
        ("entsoe", {"area": "10Y"}, "token: is missing: prices from entsoe need area and token"),
        ("octopus", {"area": "C"}, "product: is missing"),
        ("file", {}, "path: is missing"),
        ("awattar", {"area": "fr"}, "area: 'fr' is no country of aWATTar: de or at"),
    ],
)
def test_a_source_without_what_it_needs_is_refused(name, options, sentence):
    with pytest.raises(Refused, match=sentence):
        source(name, **options)


def test_the_services_own_addresses_are_the_defaults():
    charts = source("energy_charts", area="DE-LU")
    assert isinstance(charts, EnergyChartsPrices)
    assert charts.url.startswith("https://api.energy-charts.info/")


@pytest.mark.parametrize(
    ("name", "options", "path"),
    [
        ("entsoe", {"area": "10Y1001A1001A82H", "token": "t"}, "/api"),
        ("energy_charts", {"area": "DE-LU"}, "/price"),
        ("awattar", {"area": "at"}, "/v1/marketdata"),
        ("tibber", {"token": "t"}, "/v1-beta/gql"),
        ("octopus", {"product": "P", "area": "C"}, "/v1/products/P/electricity-tariffs/E-1R-P-C/standard-unit-rates/"),
    ],
)
def test_a_host_alone_is_asked_at_the_services_own_path_and_an_address_with_a_path_as_it_is(name, options, path):
    behind = f"/proxy{path}" if name == "octopus" else "/proxy"
    with served((503, "busy")) as (service, url):
        for base in (url, f"{url}/proxy"):
            with pytest.raises(PricesUnavailable):
                source(name, url=base, **options).fetch(DAY, DAY + timedelta(days=1))
        assert [asked[1].partition("?")[0] for asked in service.asked] == [path, behind]
