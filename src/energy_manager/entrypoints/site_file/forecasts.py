"""``[forecasts.load]`` and ``[forecasts.sun]``: which forecasts are made beside the loop, and from what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Literal

from pydantic import Field, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from energy_manager.adapters.options import Options
from energy_manager.domain.site import Asset, AssetKind
from energy_manager.entrypoints.site_file.faults import fault

if TYPE_CHECKING:
    from energy_manager.application.ports.forecasts.sun_service import SunService

_OF_SERVICES = ("latitude", "longitude", "tilt", "azimuth", "kwp")


class LoadForecastEntry(Options):
    """The load beside all assets, from the site's own history: half the mean of seven days, half that of weekdays."""

    meter: str | None = Field(None, description="what measures the import; left out: that of [pcc]")


class SunForecastEntry(Options):
    """What the sun will give: a service's word put right by what came of it, or what the last weeks say."""

    service: Literal["open_meteo", "forecast_solar", "history"] = Field(
        "history", description="history: the last weeks, without a service"
    )
    assets: list[str] | None = Field(None, description="the plants; left out: all producers of the site")
    latitude: float | None = Field(None, ge=-90, le=90, description="degrees, north is positive")
    longitude: float | None = Field(None, ge=-180, le=180, description="degrees, east is positive")
    tilt: float | None = Field(None, ge=0, le=90, description="degrees from the horizontal")
    azimuth: float | None = Field(None, ge=-180, le=180, description="0 = south, -90 = east, 90 = west")
    kwp: float | None = Field(None, gt=0, le=1e6, description="peak power of all modules")
    efficiency: float = Field(0.85, gt=0, le=1, description="of cables, inverter and heat; open_meteo")
    url: str = Field("", description="base address; left out: the service's own")

    @model_validator(mode="after")
    def _has_what_a_service_needs(self) -> SunForecastEntry:
        missing = [name for name in _OF_SERVICES if getattr(self, name) is None]
        if self.service != "history" and missing:
            sentence = f"{self.service} needs {', '.join(missing)} as well"
            raise PydanticCustomError("site_file", "{sentence}", {"sentence": sentence})
        return self

    def port(self) -> SunService | None:
        """The service; None where the last weeks are taken."""
        if self.service == "history":
            return None
        from energy_manager.adapters.forecasts import SERVICES, SunOptions  # noqa: PLC0415 - seldom needed

        of_plant = {key: getattr(self, key) for key in _OF_SERVICES}
        return SERVICES[self.service](SunOptions(**of_plant, efficiency=self.efficiency, url=self.url))


class ForecastsEntry(Options):
    """Forecasts that are made here, every quarter hour; those that others put count until the next one."""

    load: LoadForecastEntry | None = None
    sun: SunForecastEntry | None = None
    horizon_h: float = Field(48.0, ge=1, le=168, description="so far ahead")

    def faults(self, assets: Mapping[str, Asset], *, pcc_meter: str | None) -> Iterator[InitErrorDetails]:
        """What does not fit the rest of the file."""
        if self.load is not None:
            meter = self.load.meter or pcc_meter
            if meter is None:
                yield fault(("forecasts", "load"), "needs a meter: name one here, or in [pcc]")
            elif meter not in assets or assets[meter].kind is not AssetKind.METER:
                yield fault(("forecasts", "load", "meter"), "there must be an asset of this id of kind meter", meter)
        if self.sun is None:
            return
        for place, name in enumerate(self.sun.assets or ()):
            if name not in assets:
                yield fault(("forecasts", "sun", "assets", place), "there must be an asset of this id", name)
        if self.sun.assets is None and not any(asset.kind is AssetKind.PRODUCER for asset in assets.values()):
            yield fault(("forecasts", "sun"), "the site has no producer: name the assets whose production it is")
