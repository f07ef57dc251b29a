"""Bodies of ``POST /productionplan`` that are no good, and what must be said of each."""

ABSENT = None


def an_object(stated):
    return "{" + ", ".join(f'"{key}": {value}' for key, value in stated.items() if value is not ABSENT) + "}"


def gas(**changes):
    stated = {"name": '"g"', "type": '"gasfired"', "efficiency": "0.5", "pmin": "10", "pmax": "100"}
    return an_object(stated | changes)


def fuels(**changes):
    stated = {"gas": "13.4", "kerosine": "50.8", "co2": "20", "wind": "60"} | changes
    words = {"gas": "gas(euro/MWh)", "kerosine": "kerosine(euro/MWh)", "co2": "co2(euro/ton)", "wind": "wind(%)"}
    return an_object({words[key]: value for key, value in stated.items()})


def listed(*plants):
    return f"[{', '.join(plants)}]"


def body(load="50", fuels=fuels(), powerplants=listed(gas())):  # noqa: B008 - texts
    return an_object({"load": load, "fuels": fuels, "powerplants": powerplants})


def fleet(*plants):
    return body(powerplants=listed(*plants))


def plant(**changes):
    return fleet(gas(**changes))


TURBOJET = gas(name='"t"', type='"turbojet"')
WIND = gas(name='"w"', type='"windturbine"')

# 400: what is no JSON. (The octets, what the sentence must say.)
NO_JSON = {
    "nothing": (b"", "line 1, column 1"),
    "half a character": (plant(name='"a\\ud83d"').encode(), "\\ud83d is half a character"),
    "blanks": (b" \r\n\t ", "line 2, column 3"),
    "words": (b"load 480", "Expecting value"),
    "a form": (b"load=480&fuels=", "Expecting value"),
    "an open brace": (b"{", "Expecting property name"),
    "an open list": (body()[:-2].encode(), "Expecting ',' delimiter"),
    "an open text": (b'{"load', "Unterminated string"),
    "something after the end": (body().encode() + b"}", "Extra data"),
    "two documents": (body().encode() * 2, "Extra data"),
    "a comma too many": (b'{"load": 480,}', "property name"),
    "a comma too few": (b'{"load": 480 "fuels": {}}', "delimiter"),
    "single quotes": (b"{'load': 480}", "Expecting property name"),
    "a key without quotes": (b"{load: 480}", "Expecting property name"),
    "a comment": (b'{"load": 480} // MW', "Extra data"),
    "a leading zero": (body(load="0480").encode(), "delimiter"),
    "a leading point": (body(load=".5").encode(), "Expecting value"),
    "a leading plus": (body(load="+5").encode(), "Expecting value"),
    "a number in hexadecimal": (body(load="0x1E0").encode(), "delimiter"),
    "a number with separators": (body(load="1_000").encode(), "delimiter"),
    "nan in Python's lower case": (body(load="nan").encode(), "Expecting value"),
    "True in Python's upper case": (body(load="True").encode(), "Expecting value"),
    "undefined": (body(load="undefined").encode(), "Expecting value"),
    "a line end in a text": (plant(name='"a\nb"').encode(), "Invalid control character"),
    "an escape that is none": (plant(name='"\\x41"').encode(), "Invalid \\escape"),
    "half an escape": (plant(name='"\\u00"').encode(), "Invalid \\uXXXX escape"),
    "UTF-16 with its mark": (body().encode("utf-16"), "not UTF-8: byte 0"),
    "UTF-16 without": (body().encode("utf-16-le"), "no JSON"),
    "UTF-32": (body().encode("utf-32"), "not UTF-8: byte 0"),
    "Latin-1": (plant(name='"é"').encode("latin-1"), "not UTF-8"),
    "a surrogate in UTF-8": (plant(name='"?"').encode().replace(b"?", b"\xed\xa0\x80"), "not UTF-8"),
    "a zero octet": (b"\0", "Expecting value"),
    "octets of a picture": (b"\x89PNG\r\n\x1a\n", "not UTF-8: byte 0"),
    "lists without end": (b"[" * 500_000, "nesting is too deep"),
    "objects without end": (b'{"load":' * 100_000, "nesting is too deep"),
    "deep but closed": (body(load="[" * 100_000 + "]" * 100_000).encode(), "nesting is too deep"),
}

# 422: JSON that is not acceptable. (The body, the field that must be named, what the sentence must say.)
REFUSED = {
    "null": ("null", "request", "must be an object"),
    "a truth value": ("true", "request", "must be an object"),
    "a number": ("480", "request", "must be an object"),
    "NaN alone": ("NaN", "request", "must be an object"),
    "a text": ('"load"', "request", "must be an object"),
    "a list": (f"[{body()}]", "request", "must be an object"),
    "an empty object": ("{}", "load", "is missing"),
    "no load": (body(load=ABSENT), "load", "is missing"),
    "no fuels": (body(fuels=ABSENT), "fuels", "is missing"),
    "no plants": (body(powerplants=ABSENT), "powerplants", "is missing"),
    "load in two letter cases": (body().replace("{", '{"Load": 1, ', 1), "Load", "did you mean load?"),
    "a key that is not known": (body().replace("{", '{"include_co2": NaN, ', 1), "include_co2", "is not a field here"),
    "a key of a plant misspelt": (plant(efficency="1"), "powerplants[0].efficency", "did you mean efficiency?"),
    "a fuel that is none": (
        body(fuels=fuels().replace("{", '{"uranium(euro/MWh)": 1, ')),
        "fuels.uranium(euro/MWh)",
        "is not a field here",
    ),
    "load null": (body(load="null"), "load", "must be a number, not null"),
    "load true": (body(load="true"), "load", "must be a number, not true"),
    "load text": (body(load='"480"'), "load", "must be a number, not '480'"),
    "load list": (body(load="[480]"), "load", "must be a number, not a list"),
    "load object": (body(load='{"MW": 480}'), "load", "must be a number, not an object"),
    "load NaN": (body(load="NaN"), "load", "must be a finite number, not NaN"),
    "load Infinity": (body(load="Infinity"), "load", "must be a finite number, not Infinity"),
    "load -Infinity": (body(load="-Infinity"), "load", "must be a finite number, not -Infinity"),
    "load negative": (body(load="-0.1"), "load", "-0.1"),
    "load between steps": (body(load="50.05"), "load", "must be a multiple of 0.1 MW, not 50.05"),
    "load ever so little between steps": (body(load="50." + "0" * 30 + "1"), "load", "must be a multiple of 0.1 MW"),
    "load with endless decimals": (body(load="0." + "3" * 5000), "load", "has 5000 digits"),
    "load beyond 1e9": (body(load="1000000000.1"), "load", "from 0 to 1000000000"),
    "load 1e400": (body(load="1e400"), "load", "from 0 to 1000000000"),
    "load 1e999999": (body(load="1e999999"), "load", "from 0 to 1000000000"),
    "load beyond every exponent": (body(load="1e99999999999999999999"), "load", "from 0 to 1000000000"),
    "load below every exponent": (body(load="1e-99999999999999999999"), "load", "decimals"),
    "load of 5,000 digits": (body(load="7" * 5000), "load", "has 5000 digits"),
    "load of minus 5,000 digits": (body(load="-" + "7" * 5000), "load", "has 5000 digits"),
    "load of 1,000,000 digits": (body(load="7" * 1_000_000), "load", "has 1000000 digits"),
    "load twice": (body().replace("{", '{"load": 40, ', 1), "load", "more than once"),
    "fuels null": (body(fuels="null"), "fuels", "must be an object, not null"),
    "fuels list": (body(fuels="[]"), "fuels", "must be an object, not a list"),
    "fuels text": (body(fuels='"gas"'), "fuels", "must be an object, not 'gas'"),
    "fuels number": (body(fuels="13.4"), "fuels", "must be an object"),
    "no gas price": (body(fuels=fuels(gas=ABSENT)), "fuels.gas(euro/MWh)", "is missing"),
    "no kerosine price": (
        body(fuels=fuels(kerosine=ABSENT), powerplants=listed(TURBOJET)),
        "fuels.kerosine(euro/MWh)",
        "is missing",
    ),
    "no wind": (body(fuels=fuels(wind=ABSENT), powerplants=listed(WIND)), "fuels.wind(%)", "is missing"),
    "gas price null": (body(fuels=fuels(gas="null")), "fuels.gas(euro/MWh)", "not null"),
    "gas price text": (body(fuels=fuels(gas='"13.4"')), "fuels.gas(euro/MWh)", "must be a number, not '13.4'"),
    "gas price true": (body(fuels=fuels(gas="true")), "fuels.gas(euro/MWh)", "must be a number, not true"),
    "gas price NaN": (body(fuels=fuels(gas="NaN")), "fuels.gas(euro/MWh)", "finite"),
    "gas price negative": (body(fuels=fuels(gas="-1")), "fuels.gas(euro/MWh)", "not -1"),
    "gas price twice": (body(fuels=fuels().replace("{", '{"gas(euro/MWh)": 1, ')), "fuels.gas(euro/MWh)", "more than"),
    "gas price in two cases": (
        body(fuels=fuels().replace("{", '{"GAS(euro/MWh)": 1, ')),
        "fuels.gas(euro/MWh)",
        "more than once",
    ),
    "kerosine negative": (body(fuels=fuels(kerosine="-0.01")), "fuels.kerosine(euro/MWh)", "not -0.01"),
    "kerosine list": (body(fuels=fuels(kerosine="[]")), "fuels.kerosine(euro/MWh)", "must be a number, not a list"),
    "CO2 negative": (body(fuels=fuels(co2="-20")), "fuels.co2(euro/ton)", "not -20"),
    "CO2 object": (body(fuels=fuels(co2="{}")), "fuels.co2(euro/ton)", "must be a number, not an object"),
    "CO2 Infinity": (body(fuels=fuels(co2="Infinity")), "fuels.co2(euro/ton)", "finite"),
    "wind over 100 %": (body(fuels=fuels(wind="100.1")), "fuels.wind(%)", "from 0 to 100"),
    "wind below 0 %": (body(fuels=fuels(wind="-1")), "fuels.wind(%)", "from 0 to 100"),
    "wind text": (body(fuels=fuels(wind='"60%"')), "fuels.wind(%)", "must be a number, not '60%'"),
    "wind false": (body(fuels=fuels(wind="false")), "fuels.wind(%)", "must be a number, not false"),
    "plants null": (body(powerplants="null"), "powerplants", "must be a list, not null"),
    "plants object": (body(powerplants=gas()), "powerplants", "must be a list, not an object"),
    "plants text": (body(powerplants='"all"'), "powerplants", "must be a list"),
    "plants number": (body(powerplants="6"), "powerplants", "must be a list, not 6"),
    "100,001 plants": (fleet(*["0"] * 100_001), "powerplants", "must have at most 100000 entries, not 100001"),
    "a plant null": (fleet(gas(), "null"), "powerplants[1]", "must be an object, not null"),
    "a plant list": (fleet("[]"), "powerplants[0]", "must be an object, not a list"),
    "a plant text": (fleet('"g"'), "powerplants[0]", "must be an object, not 'g'"),
    "a plant true": (fleet("true"), "powerplants[0]", "must be an object, not true"),
    "an empty plant": (fleet("{}"), "powerplants[0].name", "is missing"),
    "no name": (plant(name=ABSENT), "powerplants[0].name", "is missing"),
    "no type": (plant(type=ABSENT), "powerplants[0].type", "is missing"),
    "no efficiency": (plant(efficiency=ABSENT), "powerplants[0].efficiency", "is missing"),
    "no pmax": (plant(pmax=ABSENT), "powerplants[0].pmax", "is missing"),
    "name null": (plant(name="null"), "powerplants[0].name", "must be text, not null"),
    "name number": (plant(name="7"), "powerplants[0].name", "must be text, not 7"),
    "name list": (plant(name='["g"]'), "powerplants[0].name", "must be text, not a list"),
    "name empty": (plant(name='""'), "powerplants[0].name", "must not be empty"),
    "name of blanks": (plant(name='" \\t\\u00a0"'), "powerplants[0].name", "must not be empty"),
    "type null": (plant(type="null"), "powerplants[0].type", "not null"),
    "type number": (plant(type="1"), "powerplants[0].type", "not 1"),
    "type list": (plant(type='["gasfired"]'), "powerplants[0].type", "not a list"),
    "type object": (plant(type="{}"), "powerplants[0].type", "not an object"),
    "type unknown": (plant(type='"nuclear"'), "powerplants[0].type", "gasfired, turbojet, windturbine, not 'nuclear'"),
    "type in another case": (plant(type='"GasFired"'), "powerplants[0].type", "not 'GasFired'"),
    "type with a blank": (plant(type='"gasfired "'), "powerplants[0].type", "not 'gasfired '"),
    "type twice": (plant().replace('"type"', '"type": "turbojet", "type"'), "powerplants[0].type", "more than once"),
    "efficiency 0": (plant(efficiency="0"), "powerplants[0].efficiency", "0"),
    "efficiency -0.0": (plant(efficiency="-0.0"), "powerplants[0].efficiency", "0"),
    "efficiency over 1": (plant(efficiency="1.01"), "powerplants[0].efficiency", "1.01"),
    "efficiency in percent": (plant(efficiency="53"), "powerplants[0].efficiency", "53"),
    "efficiency negative": (plant(efficiency="-0.5"), "powerplants[0].efficiency", "-0.5"),
    "efficiency tiny": (plant(efficiency="1e-999999"), "powerplants[0].efficiency", "decimals"),
    "efficiency true": (plant(efficiency="true"), "powerplants[0].efficiency", "must be a number, not true"),
    "efficiency text": (plant(efficiency='"0.53"'), "powerplants[0].efficiency", "must be a number, not '0.53'"),
    "efficiency NaN": (plant(efficiency="NaN"), "powerplants[0].efficiency", "NaN"),
    "pmin null": (plant(pmin="null"), "powerplants[0].pmin", "must be a number, not null"),
    "pmin false": (plant(pmin="false"), "powerplants[0].pmin", "must be a number, not false"),
    "pmin negative": (plant(pmin="-1"), "powerplants[0].pmin", "from 0 to 1000000000, not -1"),
    "pmin above pmax": (plant(pmin="100.1"), "powerplants[0].pmin", "must not exceed pmax 100, but is 100.1"),
    "pmin -Infinity": (plant(pmin="-Infinity"), "powerplants[0].pmin", "finite"),
    "pmax text": (plant(pmax='"100"'), "powerplants[0].pmax", "must be a number, not '100'"),
    "pmax Infinity": (plant(pmax="Infinity"), "powerplants[0].pmax", "finite"),
    "pmax 1e10": (plant(pmax="1e10"), "powerplants[0].pmax", "from 0 to 1000000000"),
    "pmax object": (plant(pmax='{"MW": 100}'), "powerplants[0].pmax", "must be a number, not an object"),
    "the last of a thousand plants": (
        fleet(*(gas(name=f'"g{n}"', pmax="100" if n < 999 else "-5") for n in range(1000))),
        "powerplants[999].pmax",
        "not -5",
    ),
}

# 422: fine, but there is no plan. (The body, the reason, the nearest loads.)
INFEASIBLE = {
    "no plants at all": (body(powerplants="[]"), "too_high", 0.0, None),
    "more than all can": (body(load="100.1"), "too_high", 100.0, None),
    "less than the smallest can": (body(load="9.9"), "too_low", 0.0, 10.0),
    "between one and two": (
        body(load="45", powerplants=listed(gas(pmin="30", pmax="40"), gas(name='"h"', pmin="30", pmax="40"))),
        "gap",
        40.0,
        60.0,
    ),
    "wind of which there is too much": (
        body(load="5", powerplants=listed(WIND)),
        "too_low",
        0.0,
        60.0,
    ),
}
