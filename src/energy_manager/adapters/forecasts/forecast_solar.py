"""forecast.solar: powers in W at instants some of which are sunrise and sunset, straight between them.

``time=utc`` asks for times with an offset. Declination is the tilt, azimuth as here: 0 = south. Nights are left out
but for the two zeros at their ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np

from energy_manager.adapters.forecasts.answers import SunOptions, asked, power_of, unreadable
from energy_manager.application.ports.forecasts.sun_service import SunForecast

URL = "https://api.forecast.solar"
_STEP_S = 900


@dataclass(frozen=True, slots=True)
class ForecastSolar:
    """Needs no token."""

    options: SunOptions
    name: str = "forecast_solar"

    def fetch(self) -> SunForecast:
        """As the port says."""
        of = self.options
        plane = f"{of.latitude:g}/{of.longitude:g}/{of.tilt:g}/{of.azimuth:g}/{of.kwp:g}"
        return self.read(asked(f"{of.url or URL}/estimate/watts/{plane}", query={"time": "utc"}))

    def read(self, document: Any) -> SunForecast:  # noqa: ANN401 - whatever the JSON holds
        """The forecast in an answer, as the means of quarter hours.

        Raises:
            SunUnavailable: it is none.
        """
        result = document.get("result") if isinstance(document, dict) else None
        watts = result.get("watts", result) if isinstance(result, dict) else None
        if not isinstance(watts, dict) or not watts:
            raise unreadable("there is no result with powers")
        points = sorted((_seconds(time), power_of(value) / 1000) for time, value in watts.items())
        instants, powers = np.array([at for at, _ in points]), np.array([power for _, power in points])
        first = int(instants[0] // _STEP_S)
        starts = _STEP_S * np.arange(first, int(-(-instants[-1] // _STEP_S)) + 1, dtype=float)
        # The mean of a straight line is its middle; quarter hours that hold a bend are off by little.
        middles = np.interp(starts + _STEP_S / 2, instants, powers, left=0.0, right=0.0)
        return SunForecast(times_s=starts.tolist(), power_kw=middles.tolist())


def _seconds(value: object) -> float:
    try:
        read = datetime.fromisoformat(str(value))
    except ValueError:
        raise unreadable(f"{value!r} is no time") from None
    if read.utcoffset() is None:
        read = read.replace(tzinfo=UTC)
    return read.timestamp()
