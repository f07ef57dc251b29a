"""The challenge over HTTP: known answers, options, and the exact text of the powers."""

import json
import subprocess

import pytest

from tests.support.forked import command_line
from tests.support.server import challenge_text, environment

JSON = {"Content-Type": "application/json"}

SIX = challenge_text("480")


def answer(client, text, **options):
    response = client.post("/productionplan", content=text, params=options, headers=JSON)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/json"
    return response.text


def reply(**powers):
    """The exact text of a reply: compact, in merit order, one decimal each."""
    return "[" + ",".join(f'{{"name":"{name}","p":{power}}}' for name, power in powers.items()) + "]"


def fleet(load, *plants, fuels='"gas(euro/MWh)": 10, "kerosine(euro/MWh)": 30, "co2(euro/ton)": 50, "wind(%)": 100'):
    return f'{{"load": {load}, "fuels": {{{fuels}}}, "powerplants": [{", ".join(plants)}]}}'


def plant(name, kind, efficiency, pmin, pmax):
    return f'{{"name": "{name}", "type": "{kind}", "efficiency": {efficiency}, "pmin": {pmin}, "pmax": {pmax}}}'


# The name, the load, the wind, and the powers in merit order: both wind parks, then the two big ones and the smaller
# gas plant, then the turbojet.
@pytest.mark.parametrize(
    ("load", "wind", "powers"),
    [
        ("910", "60", ("90.0", "21.6", "460.0", "338.4", "0.0", "0.0")),
        ("480", "60", ("90.0", "21.6", "368.4", "0.0", "0.0", "0.0")),
        ("480", "0", ("0.0", "0.0", "380.0", "100.0", "0.0", "0.0")),
        ("0", "60", ("0.0", "0.0", "0.0", "0.0", "0.0", "0.0")),
        ("90", "60", ("90.0", "0.0", "0.0", "0.0", "0.0", "0.0")),
        ("910.0", "60.000", ("90.0", "21.6", "460.0", "338.4", "0.0", "0.0")),
        ("9.1e2", "6E+1", ("90.0", "21.6", "460.0", "338.4", "0.0", "0.0")),
    ],
)
def test_the_six_plants_of_the_challenge(client, load, wind, powers):
    names = ("windpark1", "windpark2", "gasfiredbig1", "gasfiredbig2", "gasfiredsomewhatsmaller", "tj1")
    assert answer(client, challenge_text(load, wind=wind)) == reply(**dict(zip(names, powers, strict=True)))


def test_19_mw_at_70_percent_wind_are_13_3_and_not_the_13_2_of_binary_fractions(client):
    text = fleet("13.3", plant("w", "windturbine", 1, 0, 19), fuels='"wind(%)": 70')
    assert answer(client, text) == reply(w="13.3")


def test_every_tenth_prints_with_exactly_one_decimal(client):
    # Plants of 0.1, 0.2, … 99.9 MW that must all run fully: a float's repr would show its noise somewhere.
    plants = [plant(f"g{n}", "gasfired", 1, f"{n / 10:.1f}", f"{n / 10:.1f}") for n in range(1, 1000)]
    total = f"{sum(range(1, 1000)) / 10:.1f}"
    expected = {f"g{n}": f"{n / 10:.1f}" for n in range(1, 1000)}
    assert answer(client, fleet(total, *plants)) == reply(**expected)


def test_the_largest_powers_print_without_an_exponent(client):
    text = fleet("1000000000", plant("a", "gasfired", 1, 0, "999999999.9"), plant("b", "gasfired", "0.9", 0, 5))
    assert answer(client, text) == reply(a="999999999.9", b="0.1")


def test_names_in_any_script_come_back(client):
    name = 'Żółć ⚡ \\"quoted\\" \\\\ \\u0007 🌬'
    text = fleet("5", plant(name, "gasfired", 1, 0, 10))
    assert json.loads(answer(client, text)) == [{"name": json.loads(f'"{name}"'), "p": 5.0}]


# Gas 10 / 0.5 = 20 EUR/MWh, with CO2 20 + 0.3 · 50 = 35; kerosine 30 / 1 = 30.
CO2_MATTERS = fleet("10", plant("g", "gasfired", "0.5", 0, 10), plant("t", "turbojet", 1, 0, 10))
WITH_CO2, WITHOUT_CO2 = reply(t="10.0", g="0.0"), reply(g="10.0", t="0.0")

# Gas cannot run below 80 of 100 MW: a park of 50 MW must be off, or be held at 20.
WIND_MATTERS = fleet("100", plant("w", "windturbine", 1, 0, 50), plant("g", "gasfired", "0.5", 80, 100))
ON_OFF, CURTAILED = reply(w="0.0", g="100.0"), reply(w="20.0", g="80.0")


@pytest.mark.parametrize(
    ("text", "options", "expected"),
    [
        (CO2_MATTERS, {}, WITH_CO2),
        (CO2_MATTERS, {"co2": "true"}, WITH_CO2),
        (CO2_MATTERS, {"co2": "false"}, WITHOUT_CO2),
        (WIND_MATTERS, {}, ON_OFF),
        (WIND_MATTERS, {"wind": "on_off"}, ON_OFF),
        (WIND_MATTERS, {"wind": "curtail"}, CURTAILED),
        (WIND_MATTERS, {"wind": "curtail", "co2": "false"}, CURTAILED),
    ],
)
def test_options_by_query(client, text, options, expected):
    assert answer(client, text, **options) == expected


def test_options_by_setting_and_a_query_that_overrules_them(start_server):
    server = start_server(ENERGY_MANAGER_PRODUCTION__CO2="false", ENERGY_MANAGER_PRODUCTION__WIND="curtail")
    server.wait_until_serving()
    with server.client() as client:
        assert answer(client, CO2_MATTERS) == WITHOUT_CO2
        assert answer(client, CO2_MATTERS, co2="true") == WITH_CO2
        assert answer(client, WIND_MATTERS) == CURTAILED
        assert answer(client, WIND_MATTERS, wind="on_off") == ON_OFF


@pytest.mark.parametrize(
    "declared",
    ["application/json", "application/json; charset=utf-8", "APPLICATION/JSON", "application/vnd.x+json"],
)
def test_a_body_declared_as_json_is_read(client, declared):
    response = client.post("/productionplan", content=challenge_text("480"), headers={"Content-Type": declared})
    assert response.status_code == 200


def test_a_body_that_is_not_declared_is_refused_since_a_page_of_anybody_could_have_sent_it(client):
    response = client.post("/productionplan", content=challenge_text("480"))
    assert (response.status_code, response.json()["error"]) == (415, "wrong_type")
    assert "Content-Type: application/json" in response.json()["message"]


def test_keys_may_be_spelt_as_people_spell_them(client):
    text = challenge_text("910").replace("kerosine(euro/MWh)", "KEROSENE (EUR/Mwh)").replace('"pmax"', '"PMax"')
    assert answer(client, text) == answer(client, challenge_text("910"))


def test_a_slash_at_the_end_does_not_matter(client):
    response = client.post("/productionplan/", content=challenge_text("910"), headers=JSON)
    assert response.text == answer(client, challenge_text("910"))


def test_two_plants_of_one_name_are_both_planned_in_the_order_of_the_request(client):
    text = fleet("15", plant("g", "gasfired", 1, 0, 10), plant("g", "gasfired", 1, 0, 10))
    assert answer(client, text) == '[{"name":"g","p":10.0},{"name":"g","p":5.0}]'


def test_the_jobs_own_route_plans_the_same_with_costs_and_reasons_and_wants_different_names(client):
    text = challenge_text("910")
    own = client.post("/api/v1/production/plans", content=text, headers=JSON).json()
    listed = json.loads(answer(client, text))
    assert [{"name": plant["name"], "p": plant["p"]} for plant in own["plants"]] == listed
    assert own["optimal"]
    assert own["lower_bound"] == own["cost"]
    assert own["marginal_price"] == pytest.approx(13.4 / 0.53 + 6)
    twice = client.post("/api/v1/production/plans", content=text.replace("windpark2", "windpark1"), headers=JSON)
    assert twice.json()["details"]["faults"][0]["field"] == "powerplants[5].name"


def test_co2_is_free_where_its_price_is_not_stated_unless_it_is_asked_for(client):
    text = fleet("5", plant("g", "gasfired", 1, 0, 10), fuels='"gas(euro/MWh)": 10')
    assert answer(client, text) == reply(g="5.0")
    refused = client.post("/productionplan", content=text, params={"co2": "true"}, headers=JSON)
    assert refused.json()["details"]["faults"][0]["field"] == "fuels.co2(euro/ton)"


def test_prices_that_no_plant_needs_may_be_missing(client):
    without_co2 = fleet("5", plant("g", "gasfired", 1, 0, 10), fuels='"gas(euro/MWh)": 10')
    assert answer(client, without_co2, co2="false") == reply(g="5.0")


def test_a_thousand_plants_are_planned_in_one_go(client):
    plants = [plant(f"g{n}", "gasfired", f"0.{300 + n % 300}", 40, 60) for n in range(1000)]
    powers = json.loads(answer(client, fleet("30000", *plants)))
    assert sorted(entry["name"] for entry in powers) == sorted(f"g{n}" for n in range(1000))
    assert sum(round(10 * entry["p"]) for entry in powers) == 300_000


@pytest.mark.parametrize(
    ("text", "status"),
    [
        (challenge_text("480"), 200),
        (challenge_text("0"), 200),
        (challenge_text("99999"), 422),
        (challenge_text("-1"), 422),
        ("{", 400),
    ],
)
def test_every_planning_answer_tells_the_planners_own_time(client, text, status):
    response = client.post("/productionplan", content=text, headers=JSON)
    assert response.status_code == status
    name, _, duration = response.headers["server-timing"].partition(";dur=")
    assert name == "plan"
    assert 0 < float(duration) < 60_000


@pytest.mark.parametrize(
    ("text", "arguments", "query", "code"),
    [
        (SIX, [], {}, 0),
        (challenge_text("910"), ["-", "--no-co2", "--wind", "curtail"], {"co2": "false", "wind": "curtail"}, 0),
        (SIX.replace("windpark1", "Żółć ⚡"), ["--co2", "--wind", "on_off"], {"co2": "true", "wind": "on_off"}, 0),
        (challenge_text("99999"), [], {}, 3),
        (challenge_text("20"), [], {}, 3),
    ],
)
def test_the_command_answers_byte_for_byte_alike(client, text, arguments, query, code):
    over_http = client.post("/productionplan", content=text, params=query, headers=JSON)
    assert over_http.status_code == (200 if code == 0 else 422)
    command = command_line("plan", "production", *arguments, env=environment(), stdin=subprocess.PIPE)
    command.stdin.write(text.encode())
    out, err = command.communicate(timeout=60)
    assert (command.returncode, out) == (code, over_http.content + b"\n")
    said = "" if code == 0 else f"energy-manager: {json.loads(out)['message']}\n"
    assert err.decode() == said
