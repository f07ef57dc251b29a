"""The configuration of DSxOS applications: what users have is understood, what cannot be is refused by key and line."""

import pytest

from energy_manager.domain.errors import Refused
from energy_manager.entrypoints.dsxos.configuration import read_configuration

PLAIN = """\
# a1.yaml
---
appModule: a1
type: python
containerName: a1
cron: "10 */15 * * * *"
logLevel: 4
params:
  apiEndpoint: "http://localhost:8080/api"
  clientId: a1
  token: "s3cr3t"
  pccImportLimitW: 50000
  pccExportLimitW: -1000000
  essMinSafeLim: "ess_min_batt_safe_lim"
  essPowerLimitW: 175000
  essMaxCharge: 284000
  productionPrognosisIdentifier: "production_p_lt"
  consumptionPrognosisIdentifier: "consumption_p_lt"
  essCurrentPowerPlanIdentifier: "ess_p_lt_a5"
  essResultPowerPlanIdentifier: "ess_p_lt_a1"
  essEffectiveCharge: "ess_charge"
  essEffectiveEndCharge: "ess_charge"
  interval: 900
  min_period: 21600
"""


@pytest.fixture
def read(tmp_path):
    def read(text):
        file = tmp_path / "a1.yaml"
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_configuration(file)

    return read


@pytest.fixture
def refuse(read, tmp_path):
    def refuse(text):
        with pytest.raises(Refused) as caught:
            read(text)
        return [
            f"{fault.field.removeprefix(str(tmp_path / 'a1.yaml'))}: {fault.message}" for fault in caught.value.faults
        ]

    return refuse


def test_the_file_that_users_have(read):
    said = read(PLAIN)
    assert (said.account.endpoint, said.account.client_id, said.account.token) == (
        "http://localhost:8080/api",
        "a1",
        "s3cr3t",
    )
    assert said.datapoints.consumption == "consumption_p_lt"
    assert said.datapoints.production == "production_p_lt"
    assert said.datapoints.current_plan == "ess_p_lt_a5"
    assert said.datapoints.result_plan == "ess_p_lt_a1"
    assert said.datapoints.effective_charge == "ess_charge"
    assert said.datapoints.safe_limit == "ess_min_batt_safe_lim"
    limits = said.datapoints.limits
    assert (limits.pcc_import.number, limits.pcc_export.number) == (50_000.0, -1_000_000.0)
    assert (limits.power.number, limits.capacity.number) == (175_000.0, 284_000.0)
    assert (said.site.step_s, said.site.min_period_s) == (900, 21_600.0)
    assert said.cron is not None
    assert said.cron.text == "10 */15 * * * *"


def test_the_same_keys_without_params(read):
    flat = "\n".join(line.strip() for line in PLAIN.splitlines() if line != "params:")
    assert read(flat) == read(PLAIN)


def test_keys_of_other_applications_under_params_are_passed_over(read):
    assert read(PLAIN.replace("  interval: 900", "  forecastHorizon: 96\n  zones: [a, b]\n  interval: 900")) == read(
        PLAIN
    )


def test_the_secret_is_never_shown(read):
    assert "s3cr3t" not in repr(read(PLAIN))


@pytest.mark.parametrize(
    "key", ["cron", "essMinSafeLim", "essEffectiveEndCharge", "min_period", "appModule", "clientId"]
)
def test_what_may_be_left_out(read, key):
    assert read("".join(line for line in PLAIN.splitlines(keepends=True) if key not in line))


def test_text_is_taken_as_it_is_written(read):
    said = read(PLAIN.replace("clientId: a1", "clientID: 007").replace('token: "s3cr3t"', "token: yes"))
    assert (said.account.client_id, said.account.token) == ("007", "yes")


@pytest.mark.parametrize("number", ["5e4", "50000.0", '"50000"', "5.0e+4"])
def test_numbers_however_they_are_written(read, number):
    assert read(PLAIN.replace("W: 50000", f"W: {number}")).datapoints.limits.pcc_import.number == 50_000.0


@pytest.mark.parametrize("key", ["pccImportLimitW", "pccExportLimitW", "essPowerLimitW", "essMaxCharge"])
def test_each_limit_may_be_a_datapoint_with_or_without_a_number_beside_it(read, key):
    name = {"pccImportLimitW": "pcc_import", "pccExportLimitW": "pcc_export", "essPowerLimitW": "power"}
    (line,) = [line for line in PLAIN.splitlines() if f"{key}:" in line]
    beside = read(PLAIN.replace(line, f"{line}\n  {key}_DP_ID: the_limit"))
    alone = read(PLAIN.replace(line, f"  {key}_DP_ID: the_limit"))
    for said, has_number in ((beside, True), (alone, False)):
        source = getattr(said.datapoints.limits, name.get(key, "capacity"))
        assert (source.identifier, source.number is not None) == ("the_limit", has_number)


def test_a_safe_limit_in_wh_is_taken_where_the_platform_knows_the_capacity(read):
    text = PLAIN.replace("essMaxCharge: 284000", "essMaxCharge_DP_ID: capacity")
    assert read(text.replace('"ess_min_batt_safe_lim"', "300000")).datapoints.safe_limit == 300_000.0


def test_a_safe_limit_may_be_the_value_itself(read):
    assert read(PLAIN.replace('"ess_min_batt_safe_lim"', "28400")).datapoints.safe_limit == 28_400.0


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        ("pccExportLimitW: -", "pccExportLimitW: ", ":13: pccExportLimitW: must be at most 0 (the platform counts"),
        ("pccImportLimitW: ", "pccImportLimitW: -", ":12: pccImportLimitW: must be at least 0, not -50000"),
        ("essPowerLimitW: 175000", "essPowerLimitW: lots", ":15: essPowerLimitW: must be a number, not 'lots'"),
        ("essPowerLimitW: 175000", "essPowerLimitW: .nan", ":15: essPowerLimitW: must be a number, not '.nan'"),
        ("essPowerLimitW: 175000", "essPowerLimitW: inf", ":15: essPowerLimitW: must be a finite number, not inf"),
        ("essMaxCharge: 284000", "essMaxCharge: [1]", ":16: essMaxCharge: must be a text or a number"),
        ("essMaxCharge: 284000", "essMaxCharge:", ":16: essMaxCharge: has no value"),
        ('"ess_min_batt_safe_lim"', "-1", ":14: essMinSafeLim: must be at least 0, not -1"),
        ('"ess_min_batt_safe_lim"', "300000", ":14: essMinSafeLim: must be at most essMaxCharge, 284000, not 300000"),
        ("interval: 900", "interval: 0", ":23: interval: must be a whole number of seconds from 1 to 86400, not 0"),
        ("interval: 900", "interval: 0.5", ":23: interval: must be a whole number of seconds"),
        ("interval: 900", "interval: 15min", ":23: interval: must be a number, not '15min'"),
        ("min_period: 21600", "min_period: -1", ":24: min_period: must be at least 0, not -1"),
        ("10 */15 * * * *", "*/15 * * * *", ":6: cron: '*/15 * * * *' has 5 fields, there must be six"),
        ("cron: ", "corn: ", ":6: corn: there is no such key; did you mean cron?"),
        ("token: ", "Token: ", ":11: Token: there is no such key; did you mean token?"),
        ("clientId: ", "client_id: ", ":10: client_id: there is no such key; did you mean clientID?"),
        ("clientId: a1", "clientId: a1\n  clientID: a2", ":11: clientID: stands in line 10 already"),
        ("interval: 900", "interval: 900\n  interval: 901", ":24: interval: stands in line 23 already"),
        ("cron: ", "qqq: 1\ncron: ", ":6: qqq: there is no such key"),
        ("pccImportLimitW: 50000", "pccImportLimitW_DP_ID:", ":12: pccImportLimitW_DP_ID: has no value"),
        (
            "pccImportLimitW: 50000",
            "pccImportLimitW_DPID: limit",
            ":12: pccImportLimitW_DPID: there is no such key; did you mean pccImportLimitW_DP_ID?",
        ),
        ("http://localhost:8080/api", "localhost:8080", ":9: apiEndpoint: must be an address such as https://"),
        ("http://localhost:8080/api", "http://[", ":9: apiEndpoint: must be an address"),
        ("http://localhost:8080/api", "http://h:99999/", ":9: apiEndpoint: must be an address"),
        ("http://localhost:8080/api", "ftp://host/", ":9: apiEndpoint: must be an address"),
        ("http://localhost:8080/api", "https://h/api?x=1", ":9: apiEndpoint: must be an address"),
        ("http://localhost:8080/api", "https://a:b@h/api", ":9: apiEndpoint: must not hold a user name"),
        ('"production_p_lt"', '"consumption_p_lt"', ":17: productionPrognosisIdentifier: is the same datapoint as"),
        ('  clientId: a1\n  token: "s3cr3t"', "  token: für", ":10: token: cannot be sent"),
    ],
)
def test_what_cannot_be_is_refused_by_key_and_line(refuse, before, after, fault):
    assert before in PLAIN
    faults = refuse(PLAIN.replace(before, after))
    assert any(found.startswith(fault) for found in faults), faults


def test_every_fault_is_listed_what_is_missing_first(refuse):
    text = PLAIN.replace("interval: 900", "interval: x").replace("essMaxCharge: 284000", "essMaxChrage: 284000")
    assert [fault.partition(" must")[0].partition(" there")[0] for fault in refuse(text)] == [
        ": essMaxCharge: is missing",
        ":16: essMaxChrage:",
        ":23: interval:",
    ]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", ": must be a list of keys with values, such as interval: 900"),
        ("- a\n- b\n", ":1: must be a list of keys"),
        ("a: b: c\n", ":1: is no YAML: mapping values are not allowed here"),
        ("a: [1\n", ":2: is no YAML: while parsing a flow sequence"),
        ("a: *nobody\n", ":1: is no YAML: found undefined alias"),
        ("a: 1\n---\na: 2\n", ":2: is no YAML: expected a single document"),
        ("a: \0\n", ": is no YAML: unacceptable character"),
        (b"a: \xff\n", ":1: is not UTF-8 text: byte 0xff in line 1, column 4"),
        ("[" * 500, ": invalid YAML: nesting is too deep"),
    ],
)
def test_what_is_no_such_yaml_is_refused(refuse, text, fault):
    (found,) = refuse(text)
    assert found.startswith(fault), found


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("params: 5\n", ":1: params: must hold keys with values"),
        ("params:\n  params:\n    interval: 900\n", ":2: params: must hold keys with values"),
        ("? [a]\n: 1\n", ":1: ?: there is no such key"),
        ("<<: {interval: 900}\n", ":1: <<: there is no such key"),
    ],
)
def test_odd_places_are_refused(refuse, text, fault):
    assert any(found.startswith(fault) for found in refuse(text))


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(Refused, match="cannot be read: No such file"):
        read_configuration(tmp_path / "none.yaml")
