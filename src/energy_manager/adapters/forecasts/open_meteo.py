"""Open-Meteo: irradiance on the plane of the modules, as means of the quarter hours before each time stated (UTC).

Power = irradiance x kWp x efficiency, for modules are rated at 1,000 W/m²; what that misses (heat, shade, the inverter)
the bias correction learns. Azimuth as here: 0 = south. Small negative irradiances have been seen at night: they are 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from energy_manager.adapters.forecasts.answers import SunOptions, asked, power_of, unreadable
from energy_manager.application.ports.forecasts.sun_service import SunForecast

URL = "https://api.open-meteo.com"
VARIABLE = "global_tilted_irradiance"
_STEP_S = 900


@dataclass(frozen=True, slots=True)
class OpenMeteo:
    """Needs no token."""

    options: SunOptions
    name: str = "open_meteo"

    def fetch(self) -> SunForecast:
        """As the port says."""
        of = self.options
        query = {
            "latitude": f"{of.latitude:g}",
            "longitude": f"{of.longitude:g}",
            "minutely_15": VARIABLE,
            "tilt": f"{of.tilt:g}",
            "azimuth": f"{of.azimuth:g}",
            "forecast_days": "3",
            "timezone": "UTC",
        }
        return self.read(asked(f"{of.url or URL}/v1/forecast", query=query))

    def read(self, document: Any) -> SunForecast:  # noqa: ANN401 - whatever the JSON holds
        """The forecast in an answer.

        Raises:
            SunUnavailable: it is none.
        """
        table = document.get("minutely_15") if isinstance(document, dict) else None
        times = table.get("time") if isinstance(table, dict) else None
        irradiances = table.get(VARIABLE) if isinstance(table, dict) else None
        if not isinstance(times, list) or not isinstance(irradiances, list) or len(times) != len(irradiances):
            raise unreadable(f"there is no minutely_15 with time and {VARIABLE}")
        known = [(time, value) for time, value in zip(times, irradiances, strict=True) if value is not None]
        if not known:
            raise unreadable(f"{VARIABLE} is empty")
        return SunForecast(
            # Means of the time before: each holds from a quarter hour earlier on.
            times_s=[_seconds(time) - _STEP_S for time, _ in known],
            power_kw=[self.options.kwp * self.options.efficiency * power_of(value) / 1000 for _, value in known],
        )


def _seconds(value: object) -> float:
    try:
        return datetime.fromisoformat(str(value)).replace(tzinfo=UTC).timestamp()
    except ValueError:
        raise unreadable(f"{value!r} is no time") from None
