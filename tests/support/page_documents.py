"""Documents of the API as the page gets them, made up: a site with a grid connection, a battery, a roof and loads."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

NOW = datetime(2026, 3, 2, 14, 0, 30, tzinfo=UTC)
"""15:00:30 in Berlin."""

SAY = {name: {"allowed": True, "why": "", "what": name} for name in ("see", "see_totals", "see_home", "acknowledge")}
COMMANDS = ("override", "override_any", "hold", "shelve", "schedule", "request_runs", "manage_tokens")


def utc(instant: datetime) -> str:
    return instant.isoformat().replace("+00:00", "Z")


def me(*, role: str = "admin", denied: dict[str, str] | None = None) -> dict[str, Any]:
    """Who looks; ``denied`` says why not."""
    may = SAY | {name: {"allowed": True, "why": "", "what": name} for name in COMMANDS}
    may |= {name: {"allowed": False, "why": why, "what": name} for name, why in (denied or {}).items()}
    return {"name": role, "role": role, "household": None, "may": may}


def asset(asset_id: str, output_w: float | None = 0.0, *, kind: str | None = "load", **more: Any) -> dict[str, Any]:
    """An asset of a site in W."""
    return {
        "id": asset_id,
        "kind": kind,
        "reason": "as scheduled",
        "scheduled": 0,
        "target": None if kind == "meter" else 0,
        "released": False,
        "output": None if output_w is None else round(output_w),
        "output_w": output_w,
        "potential": 0,
        "lowest": -5000,
        "highest": 5000,
        "stored_wh": None,
        "capacity_wh": None,
        "status_age_s": None if output_w is None else 1.5,
        "state": "ok",
        "decided_by": "shared",
        "set_by_hand": None,
    } | more


def site(*assets: dict[str, Any], import_kw: float | None = 1.0, **more: Any) -> dict[str, Any]:
    """A site of the zone of Berlin; its grid connection has the meter and the battery of these names."""
    pcc = {
        "meter": "grid_meter",
        "storage": "battery",
        "import_kw": import_kw,
        "import_limit_kw": 10.0,
        "export_limit_kw": 5.0,
        "stored_kwh": 4.0,
        "capacity_kwh": 10.0,
        "reason": "import limit",
    }
    return {
        "site": "Depot North",
        "power_unit": "W",
        "time_zone": "Europe/Berlin",
        "period_s": 2.0,
        "status_max_age_s": 25.0,
        "offers": ["grid"],
        "tick": {"number": 7, "at": utc(NOW), "lag_ms": 0.1, "skipped": 0},
        "assets": list(assets),
        "scheduled_total": 0,
        "target_total": 0,
        "shortfall": 0,
        "totals_by_kind": {},
        "schedule_fault": "",
        "failure": "",
        "notices": [],
        "pcc": pcc,
    } | more


def history(of: str, names: tuple[str, ...], values: list[float | None], *, step_s: int = 900) -> dict[str, Any]:
    """Equal steps up to now."""
    start = NOW.replace(second=0) - timedelta(seconds=step_s * len(values))
    series = {"mean": values, "kwh": values, "total_kwh": 0, "gaps": []}
    return {"of": of, "from": utc(start), "to": utc(NOW), "step_s": step_s, "unit": "kW", "outages": []} | {
        "series": dict.fromkeys(names, series)
    }


def _history(request: Any) -> dict[str, Any]:
    """Of whatever is asked for, four quarter hours with a gap."""
    values = [1.0, 2.0, None, 4.0]
    told = history("asset", ("import", "use", "sun", "stored", "output", "target"), values)
    steps = {"min": values, "mean": values, "max": values}
    return told if "of=" in request.url else told | dict.fromkeys(("scheduled", "target", "potential", "output"), steps)


def plan(hours: int = 24, **more: Any) -> dict[str, Any]:
    """A plan of quarter hours from 15:00 in Berlin on; by hour the battery delivers so many kW."""
    start = NOW.replace(second=0)
    count = 4 * hours
    steps = list(range(count))
    return {
        "from": utc(start),
        "step_s": 900,
        "power_unit": "W",
        "times": [utc(start + timedelta(minutes=15 * step)) for step in steps],
        "assets": {
            "battery": {
                "targets": [1000 + step for step in steps],
                "decided_by": ["peak_shaving:battery"] * count,
                "stored_kwh": [4.0] * count,
                "loss_kwh": [0.0] * count,
            }
        },
        "forecasts": {
            "load": {
                "unit": "kW",
                "issued_at": utc(start),
                "values": [3 + step / 100 for step in steps],
                "low": [2.0] * count,
                "high": [5.0] * count,
            }
        },
        "stored_kwh": [4.0] * count,
        "grid_kw": [2 + step / 100 for step in steps],
        "import_limit_kw": 10.0,
        "export_limit_kw": 5.0,
        "made_at": utc(start),
        "proof": "proved optimal",
        "limited_by": "",
        "next_at": utc(start + timedelta(minutes=15)),
        "next_events": [
            {"at": utc(start + timedelta(hours=3)), "asset": "battery", "target": 1500, "sentence": "battery: 1,500 W"}
        ],
    } | more


def documents(site_document: dict[str, Any], **more: Any) -> dict[str, Any]:
    """All that the views ask for."""
    return {
        "me": me(),
        "site": site_document,
        "events": {"active": [], "log": [], "next": None, "log_fault": ""},
        "overrides": [],
        "plan": plan(),
        "history": _history,
        "energy": {"by": "day", "time_zone": "Europe/Berlin", "unit": "kWh", "days": []},
    } | more
