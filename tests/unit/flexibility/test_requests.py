from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy_manager.domain.errors import Refused
from energy_manager.domain.flexibility import parse_offer
from energy_manager.domain.flexibility.assets import MAX_ASSETS
from energy_manager.entrypoints.jobs.flexibility.request import ASSETS_REQUEST, REQUEST, assets_request_of, request_of
from tests.support.documents import text_of


def parse_plan_request(document):
    return request_of(REQUEST.read(text_of(document)))


def parse_activation_request(document):
    return assets_request_of(ASSETS_REQUEST.read(text_of(document)))


def parsed(text):
    return json.loads(text, parse_float=Decimal)


def refused(parse, document):
    with pytest.raises(Refused) as caught:
        parse(document)
    return {fault.field: fault.message for fault in caught.value.faults}


def asset(**members):
    return {"code": "A", "volume": 1, "activation_cost": 1} | members


def test_an_activation_asks_for_a_volume_on_a_day():
    request = parse_activation_request(parsed('{"date": "2026-11-20", "volume": 100}'))
    assert (request.volume_kw, request.day) == (100, date(2026, 11, 20))


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("{}", ["date", "volume"]),
        ('{"volume": 0, "date": "2026-11-20"}', ["volume"]),
        ('{"volume": -5, "date": "2026-11-31"}', ["date", "volume"]),
        ('{"volume": 1.5, "date": 20261120}', ["date", "volume"]),
        ('{"volume": "100", "date": "20261120"}', ["date", "volume"]),
        ('{"volume": true, "date": "2026-11-20T00:00"}', ["date", "volume"]),
        ('{"volume": NaN, "date": null}', ["date", "volume"]),
        ('{"volume": 1e999999999, "date": "2026-W47-5"}', ["date", "volume"]),
        ('{"volume": 1000000000000000001, "date": ["2026-11-20"]}', ["date", "volume"]),
        ("[]", ["request"]),
        ("null", ["request"]),
        ('"volume"', ["request"]),
    ],
)
def test_every_fault_of_an_activation_is_named(text, fields):
    assert list(refused(parse_activation_request, parsed(text))) == fields


def test_a_whole_number_may_be_written_with_a_point():
    assert parse_activation_request(parsed('{"volume": 1.0E2, "date": "2026-11-20"}')).volume_kw == 100


def test_a_plan_request_needs_no_more_than_a_volume():
    request = parse_plan_request({"volume": 100, "assets": None})
    assert request.volume_kw == 100
    assert request.day is request.offer is request.engine is request.time_limit_s is None


def test_a_plan_request_may_bring_everything():
    request = parse_plan_request(
        parsed(
            """{"volume": 100, "date": "2026-11-20", "engine": "dp", "time_limit_s": 2.5, "assets": [
            {"code": "A", "volume": 60, "activation_cost": 12.34, "availability": ["2026-11-20", "2026-11-21"]},
            {"code": "B", "name": "Boiler", "volume": 50.0, "activation_cost": 7},
            {"code": "C", "volume": 10, "activation_cost": 0.10, "availability": []},
            {"code": "D", "volume": 10, "activation_cost": 0e-5, "availability": ["2026-11-20", "2026-11-21"]}]}"""
        )
    )
    assert (request.day, request.engine, request.time_limit_s) == (date(2026, 11, 20), "dp", 2.5)
    offer = request.offer
    assert offer is not None
    assert offer.codes == ["A", "B", "C", "D"]
    assert offer.names == ["A", "Boiler", "C", "D"]
    assert offer.volumes_kw.tolist() == [60, 50, 10, 10]
    assert offer.costs_cents.tolist() == [1234, 700, 10, 0]
    days = (date(2026, 11, 20), date(2026, 11, 21))
    assert offer.availability == [days, None, (), days]


def test_every_fault_of_every_field_is_listed():
    document = parsed(
        """{"volume": 0, "date": "tomorrow", "engine": "magic", "time_limit_s": -1, "tme": 1, "assets": [
        {"code": "A", "volume": 0, "activation_cost": 1.005},
        {"code": "A", "volume": 1.5, "activation_cost": -1, "availability": ["2026-02-30", 7, "2026-01-01"]},
        {"code": "", "volume": true, "activation_cost": NaN, "availability": "2026-01-01", "colour": "red"},
        17,
        {"code": "A", "name": 5, "volume": 1e15, "activation_cost": Infinity},
        {"activation_cost": 1e16},
        {"code": "B", "volume": 1, "activation_cost": null},
        {"code": ["C"], "volume": 1, "activation_cost": "12"}]}"""
    )
    faults = refused(parse_plan_request, document)
    assert faults == {
        "tme": "is not a field here",
        "volume": "must be a whole number from 1 to 1000000000000000000, not 0",
        "date": "must be a date like 2026-11-20, not 'tomorrow'",
        "engine": "must be one of exact, greedy, dp, hybrid, not 'magic'",
        "time_limit_s": "must be from 0 to 1000000, not -1",
        "assets[0].volume": "0 is not a positive whole number of kW",
        "assets[1].code": "'A' is the code of assets[0] already",
        "assets[1].volume": "1.5 is not a positive whole number of kW",
        "assets[1].activation_cost": "-1 € is negative, at least 0 € is needed",
        "assets[1].availability[0]": "'2026-02-30' is not a date like 2026-11-20",
        "assets[1].availability[1]": "7 is not a date like 2026-11-20",
        "assets[2].colour": (
            "not a field of an asset, an object with code, name, volume, activation_cost, availability"
        ),
        "assets[2].code": "'' is not a text of at least one character",
        "assets[2].volume": "true is not a positive whole number of kW",
        "assets[2].activation_cost": "NaN is not a finite number of euros",
        "assets[2].availability": "'2026-01-01' is not a list of dates",
        "assets[3]": ("17 is not an asset, an object with code, name, volume, activation_cost, availability"),
        "assets[4].code": "'A' is the code of assets[0] already",
        "assets[4].name": "5 is not a text",
        "assets[4].volume": "1E+15 kW are too much, at most 1000000000000 kW",
        "assets[4].activation_cost": "Infinity is not a finite number of euros",
        "assets[5].code": "is missing; a text of at least one character is needed",
        "assets[5].volume": "is missing; a positive whole number of kW is needed",
        "assets[5].activation_cost": "1E+16 € is too much, at most 1000000000000000 €",
        "assets[6].activation_cost": "is missing; a number of euros is needed",
        "assets[7].code": "a list of 1 is not a text of at least one character",
        "assets[7].activation_cost": "'12' is not a finite number of euros",
    }


@pytest.mark.parametrize("assets", [{}, "A", 7, {"A": 1}])
def test_assets_are_a_list(assets):
    assert list(refused(parse_plan_request, {"volume": 1, "assets": assets})) == ["assets"]


def test_no_assets_are_an_offer_too():
    offer = parse_offer([])
    assert len(offer) == 0
    assert offer.volumes_kw.tolist() == []


def test_one_asset_more_than_allowed_is_refused_before_any_is_looked_at():
    faults = refused(parse_offer, [None] * (MAX_ASSETS + 1))
    assert faults == {"assets": "2000001 assets are too many, at most 2000000"}


def test_numbers_of_any_length_are_refused_at_no_cost():
    # Each of these as an integer would have up to 10**18 digits.
    for text in ("1e999999", "-1e999999999999999999", "1e-999999999999999999", "9" * 4000, "0." + "1" * 100_000):
        faults = refused(parse_offer, parsed(f'[{{"code": "A", "volume": {text}, "activation_cost": {text}}}]'))
        assert list(faults) == ["assets[0].volume", "assets[0].activation_cost"]
        assert all(len(message) < 120 for message in faults.values())


@pytest.mark.parametrize("cost", [12.34, 12, Decimal("12.340000000000000000000000000000000000000000"), Decimal("-0.0")])
def test_costs_are_exact_cents(cost):
    expected = {12.34: 1234, 12: 1200}.get(cost, 1234 if cost else 0)
    assert parse_offer([asset(activation_cost=cost)]).costs_cents.tolist() == [expected]


def test_the_largest_cost_and_volume_pass():
    offer = parse_offer([asset(activation_cost=Decimal("1E+15"), volume=10**12)])
    assert offer.costs_cents.tolist() == [10**17]
    assert offer.volumes_kw.tolist() == [10**12]


def test_floats_count_as_they_are_written():
    assert parse_offer([asset(activation_cost=0.29, volume=3.0)]).costs_cents.tolist() == [29]
    assert list(refused(parse_offer, [asset(activation_cost=float("nan"), volume=0.5)])) == [
        "assets[0].volume",
        "assets[0].activation_cost",
    ]


@given(st.integers(0, 10**17))
def test_any_number_of_cents_is_read_back(cents):
    text = f"{cents // 100}.{cents % 100:02}"
    assert parse_offer([asset(activation_cost=Decimal(text))]).costs_cents.tolist() == [cents]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["volume", "date", "assets", "engine", "code", "activation_cost", "availability", "x"]),
            inner,
        )
    ),
    max_leaves=12,
)


@given(json_values)
def test_whatever_comes_is_a_request_or_refused(document):
    for parse in (parse_activation_request, parse_plan_request, parse_offer):
        faults = ()
        try:
            parse(document)
        except Refused as refusal:
            faults = refusal.faults
        assert all(fault.field and fault.message for fault in faults)


@pytest.mark.parametrize(
    ("stated", "cents"), [("1.005", 101), ("1.0049", 100), ("0.004", 0), ("1e-30", 0), ("2.675", 268), ("7", 700)]
)
def test_costs_finer_than_a_cent_are_rounded_to_the_nearest_one(stated, cents):
    offer = parse_offer([asset(activation_cost=Decimal(stated)), asset(code="B", activation_cost=Decimal("0.001"))])
    assert offer.costs_cents.tolist() == [cents, 0]


def test_a_time_is_the_day_that_it_names():
    own = asset(name="A", availability=["2025-03-24T23:30:00-01:00"])
    request = parse_plan_request({"date": "2025-03-24T10:00:00Z", "volume": 1, "assets": [own]})
    assert request.day == date(2025, 3, 24)
    assert refused(parse_plan_request, {"date": "2025-03-24T25:00:00Z", "volume": 1, "assets": [own]}).keys() == {
        "date"
    }
