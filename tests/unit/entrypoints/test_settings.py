"""Settings come from the environment; what is not acceptable is refused by name."""

from pathlib import Path

import pytest

from energy_manager.domain.errors import Refused
from energy_manager.entrypoints.settings import load_settings, variables

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def _away_from_any_dotenv(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)


def test_without_any_variable_the_defaults_hold():
    settings = load_settings()
    assert (settings.dispatch.period_s, settings.dispatch.status_period_s, settings.dispatch.phase_s) == (2, 10, 0.9)
    assert (settings.api.host, settings.api.port) == ("127.0.0.1", 8888)


def test_a_variable_is_read(monkeypatch):
    monkeypatch.setenv("ENERGY_MANAGER_DISPATCH__PERIOD_S", "0.5")
    assert load_settings().dispatch.period_s == 0.5


def test_a_dotenv_file_is_read_when_present(tmp_path):
    (tmp_path / ".env").write_text("ENERGY_MANAGER_DISPATCH__POLICY=follow_schedule\nOTHER=1\n")
    assert load_settings().dispatch.policy == "follow_schedule"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ENERGY_MANAGER_DISPATCH__PERIOD_S", "0"),
        ("ENERGY_MANAGER_DISPATCH__PERIOD_S", "two"),
        ("ENERGY_MANAGER_DISPATCH__PERIOD_S", "nan"),
        ("ENERGY_MANAGER_DISPATCH__POLICY", "fair"),
        ("ENERGY_MANAGER_API__PORT", "70000"),
        ("ENERGY_MANAGER_LOG__LEVEL", "LOUD"),
    ],
)
def test_a_value_that_is_not_acceptable_is_refused_by_name_and_value(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    with pytest.raises(Refused) as refusal:
        load_settings()
    (fault,) = refusal.value.faults
    assert fault.field == name
    assert repr(value) in fault.message


def test_a_misspelt_variable_is_refused_with_a_suggestion(monkeypatch):
    monkeypatch.setenv("ENERGY_MANAGER_DISPATCH__PERIOD", "2")
    with pytest.raises(Refused, match="did you mean ENERGY_MANAGER_DISPATCH__PERIOD_S"):
        load_settings()


@pytest.mark.parametrize(
    "token", [" padded-with-a-blank", "padded-with-a-blank ", "schlüssel-schlüssel", "tab\tinside-of-it"]
)
def test_a_token_that_no_header_can_carry_is_refused_without_being_told(monkeypatch, token):
    monkeypatch.setenv("ENERGY_MANAGER_API__TOKEN", token)
    with pytest.raises(Refused) as refused:
        load_settings()
    (fault,) = refused.value.faults
    assert fault.field == "ENERGY_MANAGER_API__TOKEN"
    assert token.strip() not in fault.message


def test_beyond_loopback_a_short_token_is_refused_with_the_command_that_makes_one(monkeypatch):
    monkeypatch.setenv("ENERGY_MANAGER_API__TOKEN", "x" * 15)
    assert load_settings().api.host == "127.0.0.1"
    monkeypatch.setenv("ENERGY_MANAGER_API__HOST", "0.0.0.0")
    with pytest.raises(Refused, match=r"has 15 characters; .*secrets\.token_urlsafe"):
        load_settings()
    monkeypatch.setenv("ENERGY_MANAGER_API__TOKEN", "x" * 16)
    assert load_settings().api.token.get_secret_value() == "x" * 16


def test_a_certificate_and_its_key_go_together(monkeypatch):
    monkeypatch.setenv("ENERGY_MANAGER_API__TLS_CERTIFICATE", "cert.pem")
    with pytest.raises(Refused, match="ENERGY_MANAGER_API__TLS_KEY: is missing"):
        load_settings()


def test_the_example_lists_every_variable_with_its_default_and_its_meaning():
    lines = (ROOT / ".env.example").read_text().splitlines()
    for name, field in variables():
        default = field.default
        shown = default.get_secret_value() if hasattr(default, "get_secret_value") else default
        shown = str(shown).lower() if isinstance(shown, bool) else shown
        shown = f"{shown:g}" if isinstance(shown, float) else shown
        assert f"# {name}={shown}" in lines, name
        assert field.description is not None
        assert f"# {field.description}" in [line.rstrip() for line in lines], name
    listed = {line[2:].partition("=")[0] for line in lines if line.startswith("# ENERGY_MANAGER_")}
    assert listed == {name for name, _ in variables()}


def test_one_setting_with_two_values_in_the_environment_is_refused_without_either(monkeypatch):
    monkeypatch.setenv("ENERGY_MANAGER_API__TOKEN", "the-old-secret")
    monkeypatch.setenv("energy_manager_api__token", "the-new-secret")
    with pytest.raises(Refused) as refused:
        load_settings()
    said = "energy_manager_api__token: has another value than ENERGY_MANAGER_API__TOKEN: unset one of the two"
    assert str(refused.value) == said
