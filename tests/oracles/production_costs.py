"""What HiGHS found once, so that it need not be looked for each time; ``make soak`` finds it again."""

THIRTY_PLANTS_EUR: dict[str, dict[str, float | None]] = {
    "ordinary": {"on_off": 41451.11110662052, "curtail": 41451.11110662052},
    "ordinary_long_decimals": {"on_off": 28215.942681324046, "curtail": 28215.94268132402},
    "identical": {"on_off": 267398.72, "curtail": 267398.72},
    "few_kinds": {"on_off": 118524.18918918919, "curtail": 118524.18918918919},
    "wind_only": {"on_off": 0.0, "curtail": 0.0},
    "wind_near_total": {"on_off": None, "curtail": 0.0},
    "high_lows": {"on_off": 156305.7660903395, "curtail": 156305.7660903395},
    "fixed": {"on_off": 64789.59256403576, "curtail": 64789.59256403576},
    "fixed_long_decimals": {"on_off": 213680.0366776341, "curtail": 213680.0366776341},
    "even_sizes_odd_load": {"on_off": None, "curtail": None},
    "one_odd_plant": {"on_off": 94394.11849738519, "curtail": 94394.11849738519},
    "narrow": {"on_off": 147102.11491407122, "curtail": 147102.11491407122},
    "near_multiples": {"on_off": None, "curtail": None},
    "narrow_catalogue": {"on_off": None, "curtail": None},
    "mixture": {"on_off": 193372.96722034505, "curtail": 221300.26654958178},
    "wind_and_big_gas": {"on_off": 12214.240963855422, "curtail": 12214.240963855422},
    "free_of_charge": {"on_off": 0.0, "curtail": 0.0},
    "near_equal_costs": {"on_off": 89716.63386815482, "curtail": 89716.63386815482},
    "clustered_costs": {"on_off": 220451.21588887004, "curtail": 220451.21588887004},
    "hostile": {"on_off": 785.24, "curtail": 785.24},
}
"""The least cost in EUR for an hour of ``request(family, 30, 1)``, proved; None where no plan meets the load."""
