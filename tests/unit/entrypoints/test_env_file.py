"""The file ``.env``: what is ours and misspelt is refused as in the environment, with its line."""

from pathlib import Path

import pytest

from energy_manager.domain.errors import Refused
from energy_manager.entrypoints.settings import load_settings


@pytest.fixture(autouse=True)
def at_home(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def put(text, encoding="utf-8"):
    Path(".env").write_bytes(text.encode(encoding))


def refusal():
    with pytest.raises(Refused) as refused:
        load_settings()
    return str(refused.value)


def test_a_misspelt_name_is_refused_with_its_line_and_the_one_that_is_meant():
    put("# mine\n\nENERGY_MANAGER_API_TOKEN=a-secret-that-nobody-is-shown\n")
    assert ".env:3: ENERGY_MANAGER_API_TOKEN: there is no such setting" in refusal()
    assert "did you mean ENERGY_MANAGER_API__TOKEN?" in refusal()
    assert "a-secret" not in refusal()


def test_a_name_in_small_letters_is_looked_at_too():
    put("energy_manager_api__tokn=x\n")
    assert "did you mean ENERGY_MANAGER_API__TOKEN?" in refusal()


@pytest.mark.parametrize(
    "line",
    ["ENERGY_MANAGER_API__TOKEN: a-secret", "ENERGY_MANAGER_API__TOKEN", "export ENERGY_MANAGER_API__TOKEN a-secret"],
)
def test_a_line_that_says_nothing_is_refused_and_its_value_is_not_shown(line, caplog):
    put(f"OTHER=1\n{line}\n")
    assert ".env:2: says nothing: a line is ENERGY_MANAGER_API__TOKEN=VALUE" in refusal()
    assert "a-secret" not in refusal()
    assert not caplog.records, "nobody else says it in other words"


def test_a_value_that_is_not_acceptable_is_told_with_its_line():
    put("ENERGY_MANAGER_DISPATCH__PERIOD_S=-1\n")
    assert ".env:1: ENERGY_MANAGER_DISPATCH__PERIOD_S: '-1' is not acceptable" in refusal()


def test_what_belongs_to_other_programs_is_left_alone():
    put("OTHER: 1\nENERGY_MANAGEMENT=2\nnonsense line\nENERGY_MANAGER_DISPATCH__PERIOD_S=0.5\n")
    assert load_settings().dispatch.period_s == 0.5


def test_a_byte_order_mark_is_no_part_of_a_name():
    put("ENERGY_MANAGER_DISPATCH__PERIOD_S=0.5\n", "utf-8-sig")
    assert load_settings().dispatch.period_s == 0.5


def test_other_encodings_are_refused_in_one_line():
    put("A=1\n# é\n", "latin-1")
    assert refusal() == ".env:2: is not UTF-8 text: byte 0xe9 in line 2, column 3; save it as UTF-8"
    put("ENERGY_MANAGER_DISPATCH__PERIOD_S=0.5\n", "utf-16")
    assert refusal() == ".env:1: is UTF-16 text, not UTF-8; save it as UTF-8"


def test_a_comment_that_names_a_setting_is_a_comment():
    put("# ENERGY_MANAGER_API_TOKEN=x\n#ENERGY_MANAGER_NONSENSE: 1\n")
    assert load_settings().dispatch.period_s == 2


@pytest.mark.parametrize("second", ["ENERGY_MANAGER_API__TOKEN", "export energy_manager_api__token"])
def test_two_values_for_one_name_are_refused_with_both_lines_and_without_a_value(second):
    put(f"ENERGY_MANAGER_API__TOKEN=the-old-secret\nOTHER=1\nOTHER=2\n{second}='the-new-secret'\n")
    name = second.removeprefix("export ")
    assert refusal() == f".env:4: {name} has another value than in line 1: remove one of the two"


def test_one_value_twice_is_what_it_says():
    put("ENERGY_MANAGER_DISPATCH__PERIOD_S=0.5\nENERGY_MANAGER_DISPATCH__PERIOD_S='0.5'\n")
    assert load_settings().dispatch.period_s == 0.5
