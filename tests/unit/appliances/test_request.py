import copy
from decimal import Decimal

import pytest

from energy_manager.domain.appliances.request import read_day
from energy_manager.domain.errors import Refused
from tests.oracles.appliance_days import ask, battery, day, home

GOOD = day(
    ask("A", 0, 1000, 60, delay=10),
    homes=[home(3000, pv_w=[0] * 24, battery=battery())],
    events=[
        {"at_min": 5, "event": "finish", "household": "1", "appliance": "A"},
        {"at_min": 6, "event": "threshold", "household": "1", "threshold_w": 2000},
        {"at_min": 7, "event": "restart", "until_min": 8},
    ],
    price_eur_per_mwh=[50] * 24,
    target_peak_w=None,
    building_limit_w=None,
    offline=False,
    time_limit_s=30,
    window_min=[0, 1440],
)


def faults_of(document):
    with pytest.raises(Refused) as refused:
        read_day(document)
    return {fault.field: fault.message for fault in refused.value.faults}


def changed(path, value):
    document = copy.deepcopy(GOOD)
    *parents, last = path
    place = document
    for key in parents:
        place = place[key]
    if value is KeyError:
        del place[last]
    else:
        place[last] = value
    return document


def as_text(path):
    text = ""
    for key in path:
        text += f"[{key}]" if isinstance(key, int) else f".{key}" if text else key
    return text


REQUEST = ("requests", 0)
HOUSEHOLD = ("households", 0)
STORE = (*HOUSEHOLD, "battery")


def test_the_good_document_is_good():
    parsed = read_day(GOOD)
    assert len(parsed.requests) == 1
    assert parsed.window_us == (0, parsed.length_us)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ((*REQUEST, "power_w"), 0, "0 W is not above 0 W"),
        ((*REQUEST, "power_w"), -5, "-5 W is not above 0 W"),
        ((*REQUEST, "power_w"), float("nan"), "nan is not a finite number"),
        ((*REQUEST, "power_w"), Decimal("Infinity"), "Infinity is not a finite number"),
        ((*REQUEST, "power_w"), True, "true is not a number"),
        ((*REQUEST, "power_w"), "800", "'800' is not a number"),
        ((*REQUEST, "power_w"), KeyError, "is missing"),
        ((*REQUEST, "power_w"), 10**400, None),
        ((*REQUEST, "power_w"), Decimal("1e999999999"), None),
        ((*REQUEST, "power_w"), Decimal("1e-999999999"), "has more than 40 decimals"),
        ((*REQUEST, "duration_min"), 0, "0 min is not above 0 min"),
        ((*REQUEST, "duration_min"), -1, "-1 min is not above 0 min"),
        ((*REQUEST, "duration_min"), KeyError, "is missing (null means endless)"),
        ((*REQUEST, "duration_min"), float("inf"), "inf is not a finite number"),
        ((*REQUEST, "max_delay_min"), -0.5, "-0.5 min is below 0 min"),
        ((*REQUEST, "at_min"), -1, "-1 min is below 0 min"),
        ((*REQUEST, "at_min"), KeyError, "is missing"),
        ((*REQUEST, "at_min"), 10**9, None),
        ((*REQUEST, "household"), "9", "'9' is not one of the households"),
        ((*REQUEST, "household"), 1, None),
        ((*REQUEST, "appliance"), "", None),
        ((*REQUEST, "interruptible"), "no", "'no' is not true or false"),
        ((*REQUEST, "priority"), "high", "'high' is not one of urgent, normal, low"),
        ((*REQUEST, "profile"), "Time machine", "'Time machine' is not a profile of the catalogue"),
        ((*HOUSEHOLD, "threshold_w"), 0, "0 W is not above 0 W"),
        ((*HOUSEHOLD, "threshold_w"), None, "is missing"),
        ((*HOUSEHOLD, "id"), None, "is missing"),
        ((*HOUSEHOLD, "follows_aggregator"), 1, "1 is not true or false"),
        ((*HOUSEHOLD, "pv_w"), [1, 2], "a list is not an object"),
        ((*HOUSEHOLD, "pv_w", "resolution_min"), 0, "0 min is not above 0 min"),
        ((*HOUSEHOLD, "pv_w", "values"), 7, "7 is not a list"),
        ((*HOUSEHOLD, "pv_w", "values", 3), -1, "-1 W is below 0 W"),
        ((*HOUSEHOLD, "battery"), 7, "7 is not an object"),
        ((*STORE, "capacity_wh"), 0, "0 is not above 0"),
        ((*STORE, "power_w"), 0, "0 W is not above 0 W"),
        ((*STORE, "depth_of_discharge"), 1.1, "1.1 is above 1"),
        ((*STORE, "stored_wh"), 5001, "5001 Wh is above the capacity of 5000 Wh"),
        ((*STORE, "stored_wh"), -1, "-1 Wh is below 0 Wh"),
        (("events", 0, "event"), "explode", None),
        (("events", 0, "appliance"), "B", "'B' is in no request of household '1'"),
        (("events", 0, "household"), "9", "'9' is not one of the households"),
        (("events", 1, "threshold_w"), 0, "0 W is not above 0 W"),
        (("events", 2, "until_min"), 6, "6 is before at_min 7"),
        (("events", 2, "until_min"), KeyError, "is missing"),
        (("events", 0), 3, "3 is not an object"),
        (("day",), "tomorrow", "'tomorrow' is not a date like 2026-06-15"),
        (("day",), "9999-12-31", "'9999-12-31' is too far away"),
        (("day",), KeyError, "is missing"),
        (("time_zone",), "Mars/Olympus", "'Mars/Olympus' is not a known time zone"),
        (("time_zone",), "../../etc/passwd", "'../../etc/passwd' is not a known time zone"),
        (("strategy",), "greedy", "'greedy' is not one of earliest, flat, target_peak, cost"),
        (("target_peak_w",), -1, "-1 W is below 0 W"),
        (("building_limit_w",), 0, "0 W is not above 0 W"),
        (("price_eur_per_mwh",), [1] * 23, "has 23 values, the day needs 24, one an hour"),
        (("price_eur_per_mwh", 5), "dear", "'dear' is not a number"),
        (("window_min",), [0], "is not a list of two numbers"),
        (("window_min",), [60, 60], "ends at 60, not after its start at 60"),
        (("window_min", 0), -1, "-1 min is below 0 min"),
        (("time_limit_s",), 0, "0 s is not above 0 s"),
        (("offline",), None, "null is not true or false"),
        (("households",), [], "is empty"),
        (("households",), KeyError, "is missing"),
        (("households", 0), "home", "'home' is not an object"),
        (("requests",), None, "null is not a list"),
        (("requests", 0), None, "null is not an object"),
    ],
)
def test_bad_input_is_refused_by_its_field(path, value, message):
    faults = faults_of(changed(path, value))
    assert as_text(path) in faults
    if message is not None:
        assert faults[as_text(path)] == message


def test_every_fault_is_listed_at_once():
    document = changed((*REQUEST, "power_w"), -1)
    document["requests"][0]["at_min"] = -2
    document["households"].append({"id": "1", "threshold_w": float("inf")})
    assert list(faults_of(document)) == [
        "households[1].id", "households[1].threshold_w", "requests[0].power_w", "requests[0].at_min"
    ]  # fmt: skip


def test_cost_needs_prices():
    document = changed(("price_eur_per_mwh",), None)
    assert faults_of({**document, "strategy": "cost"}) == {
        "price_eur_per_mwh": "is missing, and strategy cost needs it"
    }


@pytest.mark.parametrize("document", [None, [], 7, "day"])
def test_a_document_that_is_no_object_is_refused(document):
    assert list(faults_of(document)) == ["request"]


def test_a_profile_of_the_catalogue_fills_in_what_is_not_said():
    document = day({"household": "1", "appliance": "My car", "profile": "EV charger", "at_min": 0, "power_w": 2000})
    request = read_day(document).requests[0]
    assert (request.power_w, request.duration_us, request.is_interruptible) == (2000, 480 * 60_000_000, True)
    assert request.priority_class == "low"


def test_an_endless_profile_stays_endless():
    document = day({"household": "1", "appliance": "Fridge", "profile": "Refrigerator", "at_min": 0})
    assert read_day(document).requests[0].duration_us is None


def test_what_is_not_said_has_a_default():
    document = {
        "day": "2026-06-15",
        "households": [{"id": "1", "threshold_w": 3000, "battery": {"capacity_wh": 10, "power_w": 1}}],
        "requests": [{"household": "1", "appliance": "A", "power_w": 1, "duration_min": None, "at_min": 0}],
    }
    parsed = read_day(document)
    assert parsed.requests[0].max_delay_us is None
    assert parsed.policy.strategy == "earliest"
    assert parsed.households[0].battery.stored_wh == 10
    assert parsed.time_limit_s == 30


def test_a_day_of_23_hours_wants_23_or_24_prices():
    document = {**changed(("price_eur_per_mwh",), [1] * 25), "day": "2026-03-29", "time_zone": "Europe/Brussels"}
    assert faults_of(document) == {"price_eur_per_mwh": "has 25 values, the day needs 24 or 23, one an hour"}
