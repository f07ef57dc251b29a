"""The platform's adapter against a DSxOS that may misbehave, over HTTP in this process."""

import json
from datetime import UTC, datetime

import pytest

from energy_manager.adapters.dsxos import DsxosClient, DsxosPlatform
from energy_manager.application.peak_shaving.replan import OldPlanStands, ReplanStorage
from energy_manager.application.ports.forecasts.prognosis_platform import HalfPosted
from energy_manager.entrypoints.dsxos.configuration import read_configuration
from tests.support.dsxos_server import SECRET, a1_yaml, plain_day, quarter_of

PLAN = "ess_p_lt_a1"
STEPS = 8
"""Of a plan: two hours, for each step is a call."""
GIVEN = 2 + STEPS
LEAST_S = 5_400
"""What a plan must reach."""
FAILING = 6
"""The step at which the platform fails."""
NOW = datetime(2026, 3, 2, 10, 7, 30, 125_000, UTC)


@pytest.fixture
def platforms():
    fakes = []

    def make(**more):
        fakes.append(plain_day(length=GIVEN, quarter=quarter_of(NOW), **more))
        return fakes[-1]

    yield make
    for fake in fakes:
        fake.close()


@pytest.fixture
def replan(tmp_path):
    async def replan(fake, *, timeout_s=5.0, **changed):
        file = tmp_path / "a1.yaml"
        file.write_text(a1_yaml(fake.url, **{"min_period": LEAST_S, **changed}))
        said = read_configuration(file)
        async with DsxosClient(said.account, timeout_s=timeout_s, pauses_s=(0.01, 0.01)) as client:
            platform = DsxosPlatform(client=client, datapoints=said.datapoints)
            return await ReplanStorage(platform=platform, site=said.site, now=lambda: NOW)()

    return replan


async def old_plan_stands(replan, fake, **more):
    """Why there is no new plan; and that nothing of one was posted."""
    with pytest.raises(OldPlanStands) as caught:
        await replan(fake, **more)
    assert fake.powers(PLAN) == [7] * GIVEN
    return str(caught.value)


async def refusal_of(replan, fake, **more):
    """Why there is no new plan."""
    with pytest.raises(OldPlanStands) as caught:
        await replan(fake, **more)
    return str(caught.value)


def posts(nth, how):
    """Misbehave at the nth reading that is posted."""

    def misbehave(asked):
        return how if (asked.method, asked.path, asked.nth) == ("POST", "/prognosis-readings", nth) else None

    return misbehave


def has_each_step_once(fake):
    times = [reading["time"] for reading in fake.posted(PLAN)]
    return len(times) == len({*times}) == STEPS


# What the platform knows.


async def test_watts_become_kilowatts_and_production_turns_its_sign(platforms, replan):
    fake = platforms()
    fake.datapoint("production_p_lt", watts=[-12_500] * GIVEN)
    fake.datapoint("ess_p_lt_a5", watts=[5_000.25] * GIVEN)
    fake.datapoint("ess_charge", value=10_000.5)
    plan = (await replan(fake, essMaxCharge=1_000_000)).plan
    assert plan.pcc_import_kw == (40.0 - 12.5 + 5.00025,) * STEPS
    assert plan.stored_kwh[0] == pytest.approx(10.0005 + 5.00025 * plan.first_step_s / 3600)
    assert plan.first_step_s == 449.875, "it is 10:07:30.125 already"
    assert fake.powers(PLAN) == [5_000.25] * STEPS, "a schedule that fits goes back as it came"


async def test_limits_that_cannot_be_kept_are_told_and_the_best_plan_is_posted(platforms, replan):
    fake = platforms()
    fake.datapoint("production_p_lt", watts=[-60_000] * GIVEN)
    planned = await replan(fake, pccExportLimitW=0, essMaxCharge=142_000)
    hours = ((STEPS - 1) * 900 + 449.875) / 3600
    assert planned.plan.violation_kwh == pytest.approx(20 * hours), "20 kW for two hours, and it is full"
    assert "beyond the limits 37.499 kWh" in planned.sentence()
    assert set(fake.powers(PLAN)) == {0.0}


async def test_limits_are_read_from_datapoints_each_time(platforms, replan):
    fake = platforms()
    fake.datapoint("consumption_p_lt", watts=[60_000] * GIVEN)
    fake.datapoint("the_limit", value=55_000)
    fake.datapoint("the_power", value=4_000)
    keys = {"pccImportLimitW_DP_ID": "the_limit", "essPowerLimitW_DP_ID": "the_power"}
    assert (await replan(fake, **keys)).plan.charge_kw[0] == -4.0
    fake.datapoint("the_power", value=20_000)
    assert (await replan(fake, **keys)).plan.charge_kw[0] == -5.0


async def test_a_limit_without_a_reading_is_the_number_beside_it_or_stops_the_plan(platforms, replan):
    fake = platforms()
    fake.datapoint("consumption_p_lt", watts=[60_000] * GIVEN)
    fake.datapoint("the_limit")
    planned = await replan(fake, pccImportLimitW_DP_ID="the_limit")
    assert min(planned.plan.charge_kw) == -10.0
    said = await refusal_of(replan, fake, pccImportLimitW=None, pccImportLimitW_DP_ID="the_limit")
    assert said == "the_limit: has no reading; nothing was posted, the plan on the platform stays as it is"


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("pccImportLimitW", -1, "must be at least 0, not -1"),
        ("pccExportLimitW", 1, "must be at most 0 (the platform counts export as negative), not 1"),
        ("essMaxCharge", "full", "must be a number, not 'full'"),
    ],
)
async def test_a_datapoint_that_is_no_such_limit_stops_the_plan(platforms, replan, key, value, said):
    fake = platforms()
    fake.datapoint("the_limit", value=value)
    assert (await refusal_of(replan, fake, **{f"{key}_DP_ID": "the_limit"})).startswith(f"the_limit: {said}")


async def test_a_charge_below_the_safe_limit_is_brought_back_as_fast_as_power_allows(platforms, replan):
    fake = platforms()
    fake.datapoint("ess_charge", value=-2_000)
    planned = await replan(fake, essPowerLimitW=4_000)
    assert planned.plan.charge_kw[:4] == (4.0, 4.0, pytest.approx((2 - 4 * (449.875 + 900) / 3600) * 4), 0.0)
    assert "below its least" in planned.sentence()


@pytest.mark.parametrize(("safe_limit", "least_kwh"), [(0.1, 0.0), (10, 0.0), (20_000, 20.0)])
async def test_a_safe_limit_in_wh_is_kept_and_a_share_is_in_the_effective_charge_already(
    platforms, replan, safe_limit, least_kwh
):
    fake = platforms()
    fake.datapoint("consumption_p_lt", watts=[100_000] * GIVEN)
    fake.datapoint("ess_charge", value=50_000)
    fake.datapoint("ess_min_batt_safe_lim", value=safe_limit)
    assert min((await replan(fake)).plan.stored_kwh) == pytest.approx(least_kwh)
    assert min((await replan(fake, essMinSafeLim=safe_limit)).plan.stored_kwh) == pytest.approx(least_kwh)


async def test_the_plan_begins_at_the_last_whole_step_and_its_header_now(platforms, replan):
    fake = platforms()
    await replan(fake)
    (header,) = [asked.body for asked in fake.asked if asked.path == "/datapoint-prognoses"]
    assert header == {"datapointId": fake.datapoints[PLAN]["id"], "time": "2026-03-02T10:07:30.125Z"}
    assert [reading["time"] for reading in fake.posted(PLAN)][:2] == ["2026-03-02T10:00:00Z", "2026-03-02T10:15:00Z"]


async def test_a_schedule_that_ends_before_the_others_ends_the_plan_and_is_told(platforms, replan):
    fake = platforms()
    fake.datapoint("ess_p_lt_a5", watts=[0] * (GIVEN - 1))
    planned = await replan(fake)
    assert len(fake.powers(PLAN)) == STEPS - 1
    assert "because ess_p_lt_a5 does not reach further" in planned.sentence()


# Pages, tokens, proxies.


async def test_readings_of_another_prognosis_are_left_out(platforms, replan):
    fake = platforms(knows_filters=False)
    assert (await replan(fake)).plan.pcc_import_kw == (40.0,) * STEPS


@pytest.mark.parametrize("pages", [{"page_limit": 3}, {"knows_pages": False}])
async def test_a_series_is_read_to_its_end_whatever_the_pages(platforms, replan, pages):
    assert len((await replan(platforms(**pages))).plan.charge_kw) == STEPS


async def test_of_readings_of_the_same_time_the_last_counts_even_if_it_says_what_the_first_said(platforms, replan):
    fake = platforms()
    first, *others = fake.series([40_000] * GIVEN)
    said = json.dumps([first, {**first, "value": 90_000}, first, *others]).encode()

    def misbehave(asked):
        own = fake.datapoints["consumption_p_lt"]["lastPrognosisId"]
        return said if asked.query.get("datapointPrognosisId.equals") == str(own) else None

    fake.misbehave = misbehave
    assert (await replan(fake)).plan.pcc_import_kw == (40.0,) * STEPS


async def test_more_readings_than_any_plan_can_use_are_refused(platforms, replan, monkeypatch):
    monkeypatch.setattr("energy_manager.adapters.dsxos.readings.MOST_STEPS", 7)
    assert "has more than 7 readings" in await old_plan_stands(replan, platforms())


async def test_a_token_is_renewed_before_it_expires(platforms, replan):
    fake = platforms(expires_in=1e-6)
    await replan(fake)
    assert fake.count("POST", "/auth/token") == len(fake.authorizations) == len({*fake.authorizations})


@pytest.mark.parametrize("expires_in", [None, True, "300", -1])
async def test_a_token_of_unknown_life_is_used_until_it_is_refused(platforms, replan, expires_in):
    fake = platforms(expires_in=expires_in)
    await replan(fake)
    assert fake.count("POST", "/auth/token") == 1


async def test_a_token_that_is_refused_twice_in_a_row_is_not_asked_for_again(platforms, replan):
    fake = platforms(uses_per_token=0)
    assert "consumption_p_lt: GET /datapoints: HTTP 401" in await old_plan_stands(replan, fake)
    assert fake.count("POST", "/auth/token") == 2


async def test_a_wrong_secret_is_told_without_showing_it(platforms, replan):
    words = await old_plan_stands(replan, platforms(), token="another secret")
    assert "POST /auth/token: HTTP 401; are clientID and token right?" in words
    assert "another" not in words


@pytest.mark.parametrize("said", [b"", b"[]", b'{"access_token": ""}', b'{"access_token": "a\\nb"}', b'"token"'])
async def test_an_answer_without_a_token_is_told(platforms, replan, said):
    fake = platforms(misbehave=lambda asked: said if asked.path == "/auth/token" else None)
    assert "POST /auth/token: the answer has no access_token" in await old_plan_stands(replan, fake)


@pytest.mark.parametrize(("token", "header"), [("abc", "Bearer abc"), ("Bearer abc", "Bearer abc"), ("Key k", "Key k")])
async def test_without_a_client_id_the_token_is_sent_as_it_is(platforms, replan, token, header):
    fake = platforms()
    await old_plan_stands(replan, fake, clientId=None, token=token)
    assert fake.authorizations == [header], "refused, and there is no way to renew it"
    assert fake.count("POST", "/auth/token") == 0


async def test_the_secret_is_sent_as_it_is_in_a_form(platforms, replan):
    fake = platforms()
    await replan(fake, clientId=None, clientID="a1")
    (form,) = [asked.body for asked in fake.asked if asked.path == "/auth/token"]
    assert form == {"grant_type": "client_credentials", "client_id": "a1", "client_secret": SECRET}


async def test_a_proxy_is_not_asked_for_a_loopback_address(platforms, replan, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    fake = platforms()
    assert (await replan(fake)).prognosis_id
    assert (await replan(fake, apiEndpoint=fake.url.replace("127.0.0.1", "localhost") + "/")).prognosis_id


# Reads that fail.


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda fake: fake.datapoints.pop(PLAN), "ess_p_lt_a1: there is no such datapoint"),
        (lambda fake: fake.datapoints["ess_charge"].update(identifier="other"), "ess_charge: there is no such"),
        (lambda fake: fake.datapoints["ess_charge"].update(id=None), "ess_charge: there is no one datapoint"),
        (lambda fake: fake.datapoint("ess_charge"), "ess_charge: has no reading"),
        (lambda fake: fake.datapoint("ess_charge", value="full"), "ess_charge: must be a number, not 'full'"),
        (lambda fake: fake.datapoint("ess_min_batt_safe_lim", value=-1), "ess_min_batt_safe_lim: must be at least 0"),
        (lambda fake: fake.datapoint("consumption_p_lt"), "consumption_p_lt: has no prognosis"),
        (lambda fake: fake.datapoint("production_p_lt"), "production_p_lt: has no prognosis"),
        (lambda fake: fake.datapoint("ess_p_lt_a5", watts=[]), "ess_p_lt_a5: has no readings"),
        (lambda fake: fake.datapoint("production_p_lt", watts=[None] * GIVEN), "production_p_lt: has no value"),
        (
            lambda fake: fake.datapoint("production_p_lt", watts=[5] * GIVEN),
            "production_p_lt: production is at most 0 W",
        ),
        (
            lambda fake: fake.datapoint("consumption_p_lt", watts=[-1] + [0] * GIVEN),
            "consumption_p_lt[0].value: must be",
        ),
        (lambda fake: fake.datapoint("consumption_p_lt", watts=[{}] * GIVEN), "and 5 more faults"),
        (lambda fake: fake.datapoint("ess_p_lt_a5", watts=[0] * 6), "ess_p_lt_a5: lets the plan reach"),
        (lambda fake: fake.prognosis("production_p_lt", [{"time": "today", "value": 0}]), "production_p_lt[0].time"),
    ],
)
async def test_what_cannot_be_planned_on_leaves_the_old_plan(platforms, replan, spoil, words):
    fake = platforms()
    old = fake.datapoints[PLAN]
    spoil(fake)
    with pytest.raises(OldPlanStands) as caught:
        await replan(fake)
    assert words in str(caught.value)
    assert str(caught.value).endswith("nothing was posted, the plan on the platform stays as it is")
    assert fake.count("POST", "/datapoint-prognoses") == 0
    assert fake.prognoses[old["lastPrognosisId"]]


@pytest.mark.parametrize(
    ("how", "words"),
    [
        (503, "HTTP 503"),
        ("hang", "no answer within 0.2 s"),
        ("trickle", "no answer within 0.2 s"),
        ("drop", "RemoteProtocolError"),
        (b"<html>", "no JSON"),
        (b"5", "must be a list"),
    ],
)
@pytest.mark.parametrize("path", ["/prognosis-readings", "/datapoints"])
async def test_a_platform_that_does_not_answer_leaves_the_old_plan(platforms, replan, how, words, path):
    fake = platforms(misbehave=lambda asked: how if asked.path == path else None)
    told = await old_plan_stands(replan, fake, timeout_s=0.2)
    assert words in told
    assert told.startswith("consumption_p_lt: ")
    assert fake.count("POST", "/datapoint-prognoses") == 0


async def test_a_get_that_fails_twice_is_asked_a_third_time_and_a_refusal_once(platforms, replan):
    fake = platforms(misbehave=lambda asked: 500 if (asked.path, asked.nth < 3) == ("/datapoints", True) else None)
    assert (await replan(fake)).prognosis_id
    fake = platforms(misbehave=lambda asked: 403 if asked.path == "/datapoints" else None)
    await old_plan_stands(replan, fake)
    assert fake.count("GET", "/datapoints") == 1


async def test_nobody_at_the_address(replan, platforms):
    fake = platforms()
    fake.close()
    assert "consumption_p_lt: POST /auth/token: ConnectError" in await old_plan_stands(replan, fake)


# Posts that fail.


@pytest.mark.parametrize(("status", "asked"), [(400, 1), (500, 1), (503, 1)])
async def test_a_header_that_is_not_taken_is_not_sent_again(platforms, replan, status, asked):
    fake = platforms(misbehave=lambda asked: status if asked.path == "/datapoint-prognoses" else None)
    assert f"POST /datapoint-prognoses: HTTP {status}" in await old_plan_stands(replan, fake)
    assert fake.count("POST", "/datapoint-prognoses") == asked


@pytest.mark.parametrize(
    ("how", "words"), [("forget", "is new: delete it"), ("late", "is new: delete it"), ("drop", "is still the newest")]
)
async def test_a_header_that_may_have_been_taken_is_told(platforms, replan, how, words):
    fake = platforms(misbehave=lambda asked: how if asked.path == "/datapoint-prognoses" else None)
    with pytest.raises(HalfPosted, match=f"not known whether the platform took the header .* {words}") as caught:
        await replan(fake, timeout_s=0.5)
    assert caught.value.details == {"prognosis_id": None, "posted": 0, "steps": STEPS}
    assert fake.count("POST", "/datapoint-prognoses") == 1
    assert fake.count("POST", "/prognosis-readings") == 0


async def test_a_header_of_which_nothing_more_can_be_learnt_is_told(platforms, replan):
    def misbehave(asked):
        has_begun = asked.path == "/datapoints" and fake.count("POST", "/datapoint-prognoses")
        return 500 if has_begun else "drop" if asked.path == "/datapoint-prognoses" else None

    fake = platforms(misbehave=misbehave)
    with pytest.raises(HalfPosted, match="took the header of the plan; the platform took 0 of 8 steps"):
        await replan(fake)


@pytest.mark.parametrize("said", [b"", b"{}", b"[1]"])
async def test_a_header_whose_id_is_not_told_is_half_posted(platforms, replan, said):
    fake = platforms(misbehave=lambda asked: said if asked.path == "/datapoint-prognoses" else None)
    with pytest.raises(HalfPosted, match="did not say its id"):
        await replan(fake)


@pytest.mark.parametrize("how", [500, 429, "forget"])
async def test_a_reading_that_fails_once_is_there_once_in_the_end(platforms, replan, how):
    fake = platforms(misbehave=posts(FAILING, how))
    await replan(fake)
    assert has_each_step_once(fake)
    assert fake.count("POST", "/prognosis-readings") == (STEPS if how == "forget" else STEPS + 1)


async def test_a_reading_whose_answer_was_lost_is_found_and_not_sent_again(platforms, replan):
    fake = platforms(misbehave=posts(FAILING, "late"))
    await replan(fake, timeout_s=0.3)
    assert has_each_step_once(fake)
    assert fake.count("POST", "/prognosis-readings") == STEPS


@pytest.mark.parametrize("how", [422, "hang", "drop", 504])
async def test_a_reading_that_may_still_arrive_is_not_sent_again_and_the_plan_is_withdrawn(platforms, replan, how):
    fake = platforms(misbehave=posts(FAILING, how))
    told = await old_plan_stands(replan, fake, timeout_s=0.3)
    assert "step 6 of 8 failed (POST /prognosis-readings: " in told
    assert "was withdrawn; nothing was posted" in told
    assert fake.count("POST", "/prognosis-readings") == FAILING


async def test_a_reading_that_always_fails_is_sent_a_few_times_and_the_plan_is_withdrawn(platforms, replan):
    def misbehave(asked):
        return 500 if (asked.method, asked.path) == ("POST", "/prognosis-readings") and asked.nth >= FAILING else None

    fake = platforms(misbehave=misbehave)
    assert "was withdrawn" in await old_plan_stands(replan, fake)
    assert fake.count("POST", "/prognosis-readings") == FAILING - 1 + 6


@pytest.mark.parametrize("how", [b"[]", 500])
async def test_a_platform_that_does_not_show_what_it_took_gets_nothing_twice(platforms, replan, how):
    def misbehave(asked):
        if asked.path == "/prognosis-readings" and asked.method == "GET" and asked.nth > 6:
            return how
        return posts(FAILING, 500)(asked)

    fake = platforms(misbehave=misbehave)
    assert "was withdrawn" in await old_plan_stands(replan, fake)
    assert fake.count("POST", "/prognosis-readings") == FAILING


async def test_a_half_posted_plan_that_cannot_be_withdrawn_is_told_with_its_particulars(platforms, replan):
    fake = platforms(knows_delete=False, misbehave=posts(FAILING, 400))
    with pytest.raises(HalfPosted, match="could not be withdrawn") as caught:
        await replan(fake)
    half = str(fake.datapoints[PLAN]["lastPrognosisId"])
    assert caught.value.details == {"prognosis_id": half, "posted": FAILING - 1, "steps": STEPS}


async def test_a_withdrawal_that_the_datapoint_does_not_know_of_is_told(platforms, replan):
    fake = platforms(misbehave=lambda asked: b"" if asked.method == "DELETE" else posts(FAILING, 400)(asked))
    with pytest.raises(HalfPosted, match="its datapoint still names prognosis"):
        await replan(fake)
