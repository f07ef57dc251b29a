import pickle
import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy_manager.domain.errors import Refused
from energy_manager.domain.production import Fuels, Plant, PlantKind, ProductionRequest
from energy_manager.entrypoints.jobs.exact import read_document
from energy_manager.entrypoints.jobs.production.options import ProductionOptions
from energy_manager.entrypoints.jobs.production.request import _request_by_model, read_request, request_of
from tests.oracles.production_fleets import challenge
from tests.support.documents import read_production, text_of


def faults(document, **options) -> dict[str, str]:
    with pytest.raises(Refused) as refused:
        read_production(document, **options)
    fields = [fault.field for fault in refused.value.faults]
    assert len(fields) == len(set(fields)), "one fault a field is enough"
    return {fault.field: fault.message for fault in refused.value.faults}


def challenge_with(place=None, **changes):
    """The challenge's request with some keys changed, at the top or in one plant; ... takes a key away."""
    document = challenge(480)
    target = document if place is None else document["powerplants"][place]
    target |= changes
    for key in [key for key, value in changes.items() if value is ...]:
        del target[key]
    return document


def challenge_with_fuels(**fuels):
    document = challenge(480)
    spelled = {key: key for key in document["fuels"]} | {
        "gas": "gas(euro/MWh)",
        "kerosine": "kerosine(euro/MWh)",
        "co2": "co2(euro/ton)",
        "wind": "wind(%)",
    }
    for key, value in fuels.items():
        if value is ...:
            del document["fuels"][spelled[key]]
        else:
            document["fuels"][spelled[key]] = value
    return document


def test_the_challenge_is_read_with_exact_numbers():
    park = '{"name": "w", "type": "windturbine", "efficiency": 1, "pmin": 0, "pmax": 15.1}'
    text = f'{{"load": 480, "fuels": {{"wind(%)": 12.3}}, "powerplants": [{park}]}}'
    request = read_request(text.encode(), ProductionOptions())
    assert request == ProductionRequest(
        load_mw=480,
        fuels=Fuels(co2_eur_per_ton=0, wind_percent=Decimal("12.3")),
        plants=(Plant(name="w", kind=PlantKind.WIND_TURBINE, efficiency=1, pmin_mw=0, pmax_mw=Decimal("15.1")),),
    )


def test_floats_are_taken_as_they_print():
    assert read_production(challenge(480.1)).load_mw == Decimal("480.1")


def test_unknown_keys_are_refused_with_the_near_miss():
    document = challenge_with(include_co2=False)
    document["fuels"]["gaz(euro/MWh)"] = 13.4
    document["powerplants"][0]["efficency"] = 0.5
    assert faults(document) == {
        "include_co2": "is not a field here",
        "fuels.gaz(euro/MWh)": "is not a field here; did you mean gas(euro/MWh)?",
        "powerplants[0].efficency": "is not a field here; did you mean efficiency?",
    }


@pytest.mark.parametrize(
    ("spelled", "challenges"),
    [
        ("gas", "gas(euro/MWh)"),
        ("Gas (EUR/MWh)", "gas(euro/MWh)"),
        ("kerosene(euro/MWh)", "kerosine(euro/MWh)"),
        ("kerosine(euro/Mwh)", "kerosine(euro/MWh)"),
        ("CO2", "co2(euro/ton)"),
        ("co2(eur/t)", "co2(euro/ton)"),
        ("wind (%)", "wind(%)"),
        ("WIND", "wind(%)"),
    ],
)
def test_fuels_go_by_the_names_that_people_give_them(spelled, challenges):
    document = challenge(480)
    document["fuels"][spelled] = document["fuels"].pop(challenges)
    assert read_production(document) == read_production(challenge(480))


def test_keys_may_be_in_any_letter_case():
    document = {key.title(): value for key, value in challenge(480).items()}
    document["Powerplants"] = [
        {key.upper(): value for key, value in plant.items()} for plant in document["Powerplants"]
    ]
    assert read_production(document) == read_production(challenge(480))


def test_a_key_stated_in_two_letter_cases_is_refused():
    assert faults(challenge_with(Load=5)) == {"Load": "is not a field here; did you mean load?"}


def test_a_plant_without_a_least_power_can_run_at_any():
    assert read_production(challenge_with(4, pmin=...)).plants[4].pmin_mw == 0


def test_two_plants_of_one_name_are_taken_where_the_challenge_takes_them():
    text = text_of(challenge_with(4, name="tj1"))
    request = read_request(text, ProductionOptions(), may_repeat_names=True)
    assert [plant.name for plant in request.plants].count("tj1") == 2


def test_co2_is_free_where_its_price_is_not_stated_unless_it_is_asked_for():
    text = text_of(challenge_with_fuels(co2=...))
    assert read_request(text, ProductionOptions()).fuels.co2_eur_per_ton == 0
    with pytest.raises(Refused, match="is missing, and a plant needs it"):
        read_request(text, ProductionOptions(needs_co2_price=True))


def test_fuel_keys_may_be_in_any_letter_case():
    document = challenge(480)
    document["fuels"] = {key.upper(): value for key, value in document["fuels"].items()}
    assert read_production(document) == read_production(challenge(480))


def test_a_fuel_stated_twice_in_different_letter_case_is_refused():
    document = challenge(480)
    document["fuels"]["GAS(euro/MWh)"] = 5
    assert faults(document) == {"fuels.gas(euro/MWh)": "is stated more than once, in different spelling"}


@pytest.mark.parametrize("document", [None, [], "text", 5, True, Decimal("NaN")])
def test_a_document_that_is_no_object_is_refused(document):
    assert list(faults(document)) == ["request"]


def test_an_empty_document_misses_everything():
    assert faults({}) == {"load": "is missing", "fuels": "is missing", "powerplants": "is missing"}


def test_null_at_the_top_is_told_apart_from_missing():
    assert faults({"load": None, "fuels": None, "powerplants": None}) == {
        "load": "must be a number, not null",
        "fuels": "must be an object, not null",
        "powerplants": "must be a list, not null",
    }


@pytest.mark.parametrize(
    ("load", "message"),
    [
        ("480", "must be a number, not '480'"),
        (True, "must be a number, not true"),
        ([480], "must be a number, not a list"),
        ({}, "must be a number, not an object"),
        (-1, "must be from 0 to 1000000000, not -1"),
        (Decimal("-0.1"), "must be from 0 to 1000000000, not -0.1"),
        (10**9 + 1, "must be from 0 to 1000000000, not 1000000001"),
        (Decimal("1e999999"), "must be from 0 to 1000000000, not 1E+999999"),
        (Decimal("1e10"), "must be from 0 to 1000000000, not 1E+10"),
        (Decimal("NaN"), "must be a finite number, not NaN"),
        (Decimal("Infinity"), "must be a finite number, not Infinity"),
        (Decimal("-Infinity"), "must be a finite number, not -Infinity"),
        (float("nan"), "must be a finite number, not NaN"),
        (Decimal("480.05"), "must be a multiple of 0.1 MW, not 480.05"),
        (Decimal("1e-999999"), "must have at most 50 decimals, not 1E-999999"),
        (Decimal("0." + "1" * 60), "has 60 digits, and at most 40 are read"),
    ],
)
def test_loads_that_are_refused(load, message):
    assert faults(challenge(load)) == {"load": message}


def test_a_whole_number_of_thousands_of_digits_is_refused_without_spelling_it():
    assert faults(challenge(10**4000)) == {"load": "must be from 0 to 1000000000, not a whole number of 13288 bits"}


@pytest.mark.parametrize("zero", [Decimal("0e999999"), Decimal("-0.0"), Decimal("0e-999999"), 0.0])
def test_zero_is_zero_however_it_is_spelled(zero):
    assert read_production(challenge(zero)).load_mw == 0


def test_endless_zeros_are_no_decimals():
    assert read_production(challenge(Decimal("480.1" + "0" * 1000))).load_mw == Decimal("480.1")


def test_the_largest_number_may_be_written_with_an_exponent():
    assert read_production(challenge(Decimal("1e9"))).load_mw == 10**9


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("name", "", "must not be empty"),
        ("name", " ", "must not be empty"),
        ("name", 5, "must be text, not 5"),
        ("name", None, "must be text, not null"),
        ("name", "tj1", "'tj1' is the name of powerplants[3] already"),
        ("type", "nuclear", "must be one of gasfired, turbojet, windturbine, not 'nuclear'"),
        ("type", ["gasfired"], "must be one of gasfired, turbojet, windturbine, not a list"),
        ("type", "GasFired", "must be one of gasfired, turbojet, windturbine, not 'GasFired'"),
        ("efficiency", 0, "must be above 0 and at most 1, not 0"),
        ("efficiency", Decimal("1.01"), "must be above 0 and at most 1, not 1.01"),
        ("efficiency", Decimal("-0.5"), "must be above 0 and at most 1, not -0.5"),
        ("efficiency", "0.5", "must be a number, not '0.5'"),
        ("efficiency", Decimal("5e-324"), "must have at most 50 decimals, not 5E-324"),
        ("pmin", -1, "must be from 0 to 1000000000, not -1"),
        ("pmin", 151, "must not exceed pmax 150, but is 151"),
        ("pmin", False, "must be a number, not false"),
        ("pmax", Decimal("1e10"), "must be from 0 to 1000000000, not 1E+10"),
        ("pmax", None, "must be a number, not null"),
    ],
)
def test_plants_that_are_refused(key, value, message):
    got = faults(challenge_with(4, **{key: value}))
    assert got == {f"powerplants[4].{key}": message}


@pytest.mark.parametrize("key", ["name", "type", "efficiency", "pmax"])
def test_a_missing_key_of_a_plant_is_named(key):
    assert faults(challenge_with(4, **{key: ...})) == {f"powerplants[4].{key}": "is missing"}


def test_every_fault_is_listed():
    document = {
        "load": "x",
        "fuels": {"gas(euro/MWh)": -1, "wind(%)": 101, "co2(euro/ton)": None},
        "powerplants": [
            {"name": "a", "type": "turbojet", "efficiency": 2, "pmin": -1, "pmax": True},
            {"name": "a", "type": "x", "pmin": 0, "pmax": 1},
            5,
            {"name": "b", "type": "gasfired", "efficiency": 1, "pmin": 2, "pmax": 1},
        ],
    }
    assert sorted(faults(document)) == [
        "fuels.co2(euro/ton)",
        "fuels.gas(euro/MWh)",
        "fuels.kerosine(euro/MWh)",
        "fuels.wind(%)",
        "load",
        "powerplants[0].efficiency",
        "powerplants[0].pmax",
        "powerplants[0].pmin",
        "powerplants[1].efficiency",
        "powerplants[1].name",
        "powerplants[1].type",
        "powerplants[2]",
        "powerplants[3].pmin",
    ]


@pytest.mark.parametrize(
    ("fuels", "field", "message"),
    [
        ({"gas": ...}, "gas(euro/MWh)", "is missing, and a plant needs it"),
        ({"kerosine": ...}, "kerosine(euro/MWh)", "is missing, and a plant needs it"),
        ({"co2": ...}, "co2(euro/ton)", "is missing, and a plant needs it"),
        ({"wind": ...}, "wind(%)", "is missing, and a plant needs it"),
        ({"gas": -1}, "gas(euro/MWh)", "must be from 0 to 1000000000, not -1"),
        ({"co2": "20"}, "co2(euro/ton)", "must be a number, not '20'"),
        ({"wind": Decimal("100.1")}, "wind(%)", "must be from 0 to 100, not 100.1"),
        ({"wind": -1}, "wind(%)", "must be from 0 to 100, not -1"),
        ({"wind": None}, "wind(%)", "must be a number, not null"),
    ],
)
def test_fuels_that_are_refused(fuels, field, message):
    assert faults(challenge_with_fuels(**fuels)) == {f"fuels.{field}": message}


def test_the_price_of_co2_may_be_missing_where_nobody_pays_for_it():
    document = challenge_with_fuels(co2=...)
    assert read_production(document, co2=False).fuels.co2_eur_per_ton == 0


def test_a_needless_price_must_still_be_a_price():
    document = challenge_with_fuels(co2="free")
    assert list(faults(document, co2=False)) == ["fuels.co2(euro/ton)"]


@pytest.mark.no_cover
def test_more_than_a_hundred_thousand_plants_are_refused_without_looking_at_them():
    assert faults(challenge_with(powerplants=[None] * 100_001)) == {
        "powerplants": "must have at most 100000 entries, not 100001"
    }


def test_the_nouns_refuse_nonsense_by_themselves():
    plant = Plant(name="a", kind=PlantKind.TURBOJET, efficiency=1, pmin_mw=0, pmax_mw=1)
    with pytest.raises(Refused, match=r"load: must be from 0.*powerplants\[1\].pmin: must not exceed pmax 1"):
        ProductionRequest(load_mw=-1, fuels=Fuels(), plants=(plant, plant._replace(pmin_mw=2)))
    for wrong in ({"name": " "}, {"name": 5}, {"kind": "coal"}, {"efficiency": True}, {"pmax_mw": Decimal("NaN")}):
        with pytest.raises(Refused, match=r"powerplants\[0\]"):
            ProductionRequest(load_mw=1, fuels=Fuels(), plants=(plant._replace(**wrong), plant))
    with pytest.raises(Refused, match="must be at most 100000"):
        ProductionRequest(load_mw=0, fuels=Fuels(), plants=(plant,) * 100_001)


def test_refusals_survive_a_process_boundary():
    with pytest.raises(Refused) as refused:
        read_production({})
    assert pickle.loads(pickle.dumps(refused.value)).details == refused.value.details


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals() | st.text(max_size=5),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=5), children, max_size=3),
    max_leaves=5,
)
KEYS = st.sampled_from(["load", "fuels", "powerplants", "name", "type", "efficiency", "pmin", "pmax", "wind(%)"])
NEARLY_REQUESTS = st.recursive(
    JSON_VALUES,
    lambda children: st.lists(children, max_size=3) | st.dictionaries(KEYS, children, max_size=5),
    max_leaves=20,
)


def refusal(document) -> Refused | None:
    try:
        read_production(document)
    except Refused as refused:
        return refused
    return None


@given(document=NEARLY_REQUESTS)
def test_any_json_is_either_read_or_refused_in_plain_ascii(document):
    refused = refusal(document)
    assert refused is None or (refused.faults and str(refused).replace("…", "").isascii())


@given(place=st.integers(0, 5), key=st.sampled_from(["name", "type", "efficiency", "pmin", "pmax"]), value=JSON_VALUES)
def test_any_value_in_a_plant_is_either_read_or_a_fault_of_that_key(place, key, value):
    refused = refusal(challenge_with(place, **{key: value}))
    # pmax below pmin is said of pmin, and a name may be taken by an earlier plant.
    keys = {key, "pmin"} if key == "pmax" else {key}
    # A fault within a value, as of a number with too many digits, is one of that key too.
    fields = () if refused is None else (fault.field.partition(".")[2] for fault in refused.faults)
    assert {re.split(r"[.\[]", field)[0] for field in fields} <= keys


@given(
    place=st.integers(0, 5),
    key=st.sampled_from(["name", "type", "efficiency", "pmin", "pmax", "colour"]),
    value=JSON_VALUES | st.sampled_from([0, 1, Decimal("0.5"), 10**9, 10**9 + 1, "gasfired", "tj1"]),
    may_repeat=st.booleans(),
)
def test_reading_at_once_and_by_the_model_of_every_plant_are_the_same(place, key, value, may_repeat):
    def outcome(read):
        try:
            document = read_document(text_of(challenge_with(place, **{key: value})))
            return read(document, ProductionOptions(), may_repeat_names=may_repeat)
        except Refused as refused:
            return refused.details

    assert outcome(request_of) == outcome(_request_by_model)
