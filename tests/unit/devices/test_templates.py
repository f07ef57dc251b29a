"""A template says where each value stands; what cannot be is refused with file, line and reason."""

import pytest

from energy_manager.adapters.devices.templates import parse_template, read_template, shipped_templates
from energy_manager.adapters.texts.toml_lines import line_of
from energy_manager.domain.errors import Refused

HEAD = '[template]\ntitle = "A battery"\ndriver = "modbus"\n'
BATTERY = """[battery]
control = "setpoint"
expires_s = 60
read.discharge_w = { holding = 10, type = "int32" }
begin = [{ holding = 1, value = 2 }]
target = [
    { holding = 2, type = "int32", value = "discharge_w" },
]
release = [{ holding = 1, value = 0 }]
"""


def faults(text: str) -> list[str]:
    with pytest.raises(Refused) as caught:
        parse_template(text, label="t.toml")
    return [f"{fault.field}: {fault.message}" for fault in caught.value.faults]


def test_a_template_is_read():
    battery = parse_template(HEAD + BATTERY, label="t.toml").battery
    assert battery.read["discharge_w"].cells == ("holding", (10,))
    assert battery.target[0].encoding.cells(-900) == (0xFFFF, 0xFC7C)
    assert battery.rewritten_every_s == 20
    assert battery.is_volatile


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        ("expires_s = 60", "expires_s = 60\nrewrite_s = 31", "t.toml:7: battery.rewrite_s: 31 is above half of"),
        ("expires_s = 60", "expires_s = 60\nvolatile = false", "t.toml:4: battery.rewrite_s: 20 is 4320 writes a day"),
        ("expires_s = 60", "rewrite_s = 30", "t.toml:6: battery.rewrite_s: 30: rewriting wears a stored register"),
        ("expires_s = 60", "expires = true", "battery.rewrite_s: is missing: the target expires"),
        ("expires_s = 60", "expires_s = 60\nexpires = false", "expires_s: 60 contradicts expires = false"),
        ("expires_s = 60", "expires_z = 60", "t.toml:6: battery.expires_z: there is no such key; did you mean expires"),
        ("holding = 10, type", "holding = 70000, type", "t.toml:7: battery.read.discharge_w.holding"),
        ("holding = 10, ", "", "battery.read.discharge_w: exactly one of input, holding, coil, discrete, point"),
        ("holding = 10, ", 'topic = "x", ', "a modbus device has input, holding, coil, discrete, point"),
        (
            "expires_s = 60",
            'expires_s = 60\nidentity.serial = { holding = 9, type = "string" }',
            "t.toml:7: battery.identity.serial.length: is missing: a text in registers has a length",
        ),
        (
            "holding = 10, ",
            "holding = 10, length = 2, ",
            "t.toml:7: battery.read.discharge_w.length: 2: only a text has a",
        ),
        ("read.discharge_w", "read.dischrge_w", "'dischrge_w': input should be 'import_w', "),
        ("read.discharge_w", "read.dischrge_w", "; did you mean discharge_w?"),
        ("holding = 10, ", "holding = 10, scale = 0, ", "scale: 0: every value would be 0"),
        ("holding = 10, ", "holding = 10, within = [5, 1], ", "the lowest, 5, is above the highest, 1"),
        ("read.discharge_w", "read.dischage_w", "battery.read.dischage_w"),
        (
            'holding = 2, type = "int32"',
            'input = 2, type = "int32"',
            "t.toml:10: battery.target[0].input: it can be re",
        ),
        ('value = "discharge_w"', "value = 99999999999", "target[0].value: 1e+11 does not fit into int32"),
        ('value = "discharge_w"', 'value = "discharge"', "target[0].value: 'discharge' is no number and none of"),
        ('value = "discharge_w"', 'value = "direction"', "needs words for charge, discharge, idle"),
        ('value = "discharge_w"', 'value = "step"', "step needs steps_w"),
        ('value = "discharge_w"', 'value = "discharge_w", function = 6', "6 writes one register, int32 has 2"),
        ("holding = 1, value = 2", "holding = 1, value = 2, function = 5", "5: holding is written with 6 or 16"),
        ("holding = 1, value = 2", 'holding = 1, value = "on"', "on: only target follows the target"),
        ('control = "setpoint"\n', "", "battery.target: control must say what kind of target this is"),
        ('control = "setpoint"', 'control = "steps"', "steps needs steps_w"),
        (
            'control = "setpoint"',
            'control = "steps"\nsteps_w = [1000, 2000]',
            "steps_w: must begin with 0, the power of",
        ),
        ('control = "setpoint"', 'control = "setpoint"\nkind = "meter"', "a meter takes no targets"),
        ('control = "setpoint"', 'control = "setpoint"\nneeds = ["soc_percent"]', "soc_percent is needed but not read"),
        ("[battery]", "[batery]", "t.toml:4: batery: there is no such key; did you mean battery?"),
        ("expires_s = 60", "expires_s = -1", "t.toml:6: battery.expires_s: -1"),
    ],
)
def test_what_cannot_be_is_refused_with_its_line(before, after, fault):
    text = HEAD + BATTERY
    assert before in text
    found = faults(text.replace(before, after))
    assert any(fault in one for one in found), found


def test_a_target_that_nothing_ends_is_refused():
    text = (HEAD + BATTERY).replace("expires_s = 60", "volatile = true")
    assert parse_template(text, label="t.toml")
    without = text.replace("release = [{ holding = 1, value = 0 }]\n", "")
    assert any("there must be a release" in fault for fault in faults(without))


def test_all_faults_of_a_file_are_said_at_once():
    text = HEAD + BATTERY.replace("expires_s = 60", "rewrite_s = 30").replace('value = "discharge_w"', 'value = "x"')
    assert len(faults(text)) == 2


def test_parameters_stand_for_values_keys_without_a_value_go_and_misspelt_ones_are_refused():
    text = (
        '[template]\ntitle = "A plug"\ndriver = "mqtt"\n[parameters.topic]\nrequired = true\nhelp = "of the plug"\n'
        "[parameters.rated]\ndefault = 2000\n[parameters.age]\n"
        '[load]\nread.load_w = { topic = "tele/{topic}/SENSOR", json = "ENERGY.Power", within = [0, "{rated}"], '
        'max_age_s = "{age}" }\n'
    )
    load = parse_template(text, label="t.toml", parameters={"topic": "washer"}).load
    assert load.read["load_w"].topic == "tele/washer/SENSOR"
    assert load.read["load_w"].within == (0, 2000)
    assert load.read["load_w"].max_age_s is None
    for given, sentence in (({}, "parameters.topic: is missing: of the plug"), ({"topc": "x"}, "did you mean topic?")):
        with pytest.raises(Refused, match=sentence.replace("?", r"\?")):
            parse_template(text, label="t.toml", parameters=given)
    with pytest.raises(Refused, match=r"t\.toml:11: load\.read\.load_w\.topic: \{nobody\}: there is no such parameter"):
        parse_template(text.replace("{topic}", "{nobody}"), label="t.toml", parameters={"topic": "x"})


def test_a_template_that_is_not_there_is_named_with_a_near_miss(tmp_path):
    with pytest.raises(Refused, match="there is no template 'nothing_like_it'"):
        read_template("nothing_like_it")
    with pytest.raises(Refused, match=r"my\.toml: cannot be read"):
        read_template("./my.toml", beside=tmp_path)
    (tmp_path / "my.toml").write_text(HEAD + BATTERY)
    assert read_template("./my.toml", beside=tmp_path).template.title == "A battery"
    assert len(set(shipped_templates())) == len(shipped_templates())


def test_lines_are_found_in_tables_dotted_keys_and_lists_over_several_lines():
    text = (
        '[a]\nb.c = 1\n"d e" = [\n  # [\n  { f = "]" }, # }\n  [1,\n   2],\n]\n[[x]]\ny = """\n[z]\n"""\n[[x]]\ny = 2\n'
    )
    assert line_of(text, ("a", "b", "c")) == 2
    assert line_of(text, ("a", "d e", 0, "f")) == 5
    assert line_of(text, ("a", "d e", 1)) == 6
    assert line_of(text, ("x", 1, "y")) == 14
    assert line_of(text, ("nowhere",)) is None


@pytest.mark.parametrize(
    ("place", "fault"),
    [
        ("input = 70000", "t.toml:5: grid.read.import_w.input: 70000: input should be less than or equal to 65535"),
        ("input = [1, 70000]", "t.toml:5: grid.read.import_w.input[1]: 70000: input should be less than or equal to"),
        ('point = "W"', "t.toml:5: grid.read.import_w.point: 'W': "),
    ],
)
def test_a_place_that_cannot_be_is_one_fault_at_its_own_key(place, fault):
    text = f'[template]\ntitle = "t"\ndriver = "modbus"\n[grid]\nread.import_w = {{ {place} }}\n'
    with pytest.raises(Refused) as refused:
        parse_template(text, label="t.toml")
    (found,) = refused.value.faults
    assert f"{found.field}: {found.message}".startswith(fault)
