import copy
from decimal import Decimal

import pytest

from energy_manager.domain.errors import Refused
from tests.oracles.appliance_days import ask, battery, day, home
from tests.support.documents import read_day

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
        ((*REQUEST, "power_w"), 0, "must be above 0 and at most 1000000000, not 0"),
        ((*REQUEST, "power_w"), -5, "must be above 0 and at most 1000000000, not -5"),
        ((*REQUEST, "power_w"), float("nan"), "must be a finite number, not NaN"),
        ((*REQUEST, "power_w"), Decimal("Infinity"), "must be a finite number, not Infinity"),
        ((*REQUEST, "power_w"), True, "must be a number, not true"),
        ((*REQUEST, "power_w"), "800", "must be a number, not '800'"),
        ((*REQUEST, "power_w"), KeyError, "is missing"),
        ((*REQUEST, "power_w"), 10**400, None),
        ((*REQUEST, "power_w"), Decimal("1e999999999"), None),
        ((*REQUEST, "power_w"), Decimal("1e-999999999"), "must have at most 50 decimals, not 1E-999999999"),
        ((*REQUEST, "duration_min"), 0, "must be above 0 and at most 527040, not 0"),
        ((*REQUEST, "duration_min"), -1, "must be above 0 and at most 527040, not -1"),
        ((*REQUEST, "duration_min"), KeyError, "is missing"),
        ((*REQUEST, "duration_min"), float("inf"), "must be a finite number, not Infinity"),
        ((*REQUEST, "max_delay_min"), -0.5, "must be from 0 to 527040, not -0.5"),
        ((*REQUEST, "at_min"), -1, "must be from 0 to 527040, not -1"),
        ((*REQUEST, "at_min"), KeyError, "is missing"),
        ((*REQUEST, "at_min"), 10**9, None),
        ((*REQUEST, "household"), "9", "'9' is not one of the households"),
        ((*REQUEST, "household"), 1, None),
        ((*REQUEST, "appliance"), "", None),
        ((*REQUEST, "interruptible"), "no", "must be true or false, not 'no'"),
        ((*REQUEST, "priority"), "high", "must be one of urgent, normal, low, not 'high'"),
        ((*REQUEST, "profile"), "Time machine", "'Time machine' is not a profile of the catalogue"),
        ((*HOUSEHOLD, "threshold_w"), 0, "must be above 0 and at most 1000000000, not 0"),
        ((*HOUSEHOLD, "threshold_w"), None, "must be a number, not null"),
        ((*HOUSEHOLD, "id"), None, "must be text, not null"),
        ((*HOUSEHOLD, "follows_aggregator"), 1, "must be true or false, not 1"),
        ((*HOUSEHOLD, "pv_w"), [1, 2], "must be an object, not a list"),
        ((*HOUSEHOLD, "pv_w", "resolution_min"), 0, "must be above 0 and at most 527040, not 0"),
        ((*HOUSEHOLD, "pv_w", "values"), 7, "must be a list, not 7"),
        ((*HOUSEHOLD, "pv_w", "values", 3), -1, "must be from 0 to 1000000000, not -1"),
        ((*HOUSEHOLD, "battery"), 7, "must be an object, not 7"),
        ((*STORE, "capacity_wh"), 0, "must be above 0 and at most 1000000000, not 0"),
        ((*STORE, "power_w"), 0, "must be above 0 and at most 1000000000, not 0"),
        ((*STORE, "depth_of_discharge"), 1.1, "must be from 0 to 1, not 1.1"),
        ((*STORE, "stored_wh"), 5001, "5001 Wh is above the capacity of 5000 Wh"),
        ((*STORE, "stored_wh"), -1, "must be from 0 to 1000000000, not -1"),
        (("events", 0, "event"), "explode", None),
        (("events", 0, "appliance"), "B", "'B' is in no request of household '1'"),
        (("events", 0, "household"), "9", "'9' is not one of the households"),
        (("events", 1, "threshold_w"), 0, "must be above 0 and at most 1000000000, not 0"),
        (("events", 2, "until_min"), 6, "6 is before at_min 7"),
        (("events", 2, "until_min"), KeyError, "is missing"),
        (("events", 0), 3, "must be an object, not 3"),
        (("day",), "tomorrow", "must be a date like 2026-06-15, not 'tomorrow'"),
        (("day",), "9999-12-31", "'9999-12-31' is too far away"),
        (("day",), KeyError, "is missing"),
        (("time_zone",), "Mars/Olympus", "'Mars/Olympus' is not a known time zone"),
        (("time_zone",), "../../etc/passwd", "'../../etc/passwd' is not a known time zone"),
        (("strategy",), "greedy", "must be one of earliest, flat, target_peak, cost, not 'greedy'"),
        (("target_peak_w",), -1, "must be from 0 to 1000000000, not -1"),
        (("building_limit_w",), 0, "must be above 0 and at most 1000000000, not 0"),
        (
            ("price_eur_per_mwh",),
            [1] * 23,
            "has 23 values, the day needs 24, one an hour, or 96 or more, one a quarter hour",
        ),
        (("price_eur_per_mwh", 5), "dear", "must be a number, not 'dear'"),
        (("window_min",), [0], "must have 2 entries, not 1"),
        (("window_min",), [60, 60], "ends at 60, not after its start at 60"),
        (("window_min", 0), -1, "must be from 0 to 527040, not -1"),
        (("time_limit_s",), 0, "must be above 0 and at most 86400, not 0"),
        (("offline",), None, "must be true or false, not null"),
        (("households",), [], "must have at least 1 entry, not 0"),
        (("households",), KeyError, "is missing"),
        (("households", 0), "home", "must be an object, not 'home'"),
        (("requests",), None, "must be a list, not null"),
        (("requests", 0), None, "must be an object, not null"),
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
        "households[1].threshold_w", "requests[0].power_w", "requests[0].at_min", "households[1].id"
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
    assert faults_of(document) == {
        "price_eur_per_mwh": "has 25 values, the day needs 24 or 23, one an hour, or 92 or more, one a quarter hour"
    }
