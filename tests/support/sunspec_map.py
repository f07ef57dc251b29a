"""Register maps of SunSpec devices, filled at random but rightly, model by model."""

from __future__ import annotations

import json
import random
import struct
from importlib import resources


def model_registers(model_id: int, *, blocks: int = 2, seed: int = 0) -> list[int]:
    """Number, length and points of a model with values that tell points apart; scale factors from -2 to 1."""
    chance = random.Random(f"{model_id}/{seed}")
    path = resources.files("sunspec2") / "models" / "json" / f"model_{model_id}.json"
    group = json.loads(path.read_text())["group"]
    cells = _cells(group, chance, blocks)
    return [model_id, len(cells) - 2, *cells[2:]]


def _cells(group: dict, chance: random.Random, blocks: int) -> list[int]:
    cells: list[int] = []
    for point in group["points"]:
        size, kind = int(point.get("size", 1)), point["type"]
        if kind == "sunssf":
            cells.append(chance.choice([0xFFFE, 0xFFFF, 0, 1]))
        elif kind == "float32":
            cells.extend(struct.unpack(">2H", struct.pack(">f", chance.randint(-20000, 20000) / 4)))
        elif kind == "string":
            text = f"{point['name']}{chance.randint(0, 999)}".encode()[: 2 * size].ljust(2 * size, b"\0")
            cells.extend(struct.unpack(f">{size}H", text))
        elif kind == "pad":
            cells.append(0x8000)
        elif kind == "count" or point["name"] in {"N", "NPrt"}:
            cells.append(blocks)
        else:
            cells.extend([0] * (size - 2) + ([chance.randint(0, 99)] if size > 1 else []) + [chance.randint(0, 9999)])
    for inner in group.get("groups", []):
        for _ in range(1 if inner.get("count", 1) == 1 else blocks):
            cells.extend(_cells(inner, chance, blocks))
    return cells


def device_registers(*models: int, blocks: int = 2) -> list[int]:
    """A whole chain: mark, models, end."""
    chain = [0x5375, 0x6E53]
    for model_id in models:
        chain += model_registers(model_id, blocks=blocks)
    return [*chain, 0xFFFF, 0]
