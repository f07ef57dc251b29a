"""The settings: environment variables ``ENERGY_MANAGER_*``, nested with ``__``; also from a file ``.env``."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, SettingsConfigDict

from energy_manager.domain.errors import Fault, Refused, near_miss
from energy_manager.entrypoints.access_rules import faults_of, warning_of
from energy_manager.entrypoints.env_file import read_env_file
from energy_manager.entrypoints.fleet.fleet_access import faults_of as fleet_faults_of

PREFIX = "ENERGY_MANAGER_"

ENV_FILE = Path(".env")


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class DispatchSettings(_Section):
    """How the loop keeps its time."""

    period_s: float = Field(2.0, ge=0.05, le=3600, description="each device gets its power target this often, s")
    status_period_s: float = Field(10.0, ge=0.05, le=3600, description="each device's status is read this often, s")
    phase_s: float = Field(
        0.9, ge=0, le=60, description="the first tick comes this long after the schedule's clock was first asked, s"
    )
    schedule_wait_s: float = Field(0.1, ge=0, le=10, description="a tick waits at most this long for the schedule, s")
    status_max_age_s: float = Field(25.0, gt=0, le=86400, description="an older status counts as missing, s")
    release_s: float = Field(
        2.0, ge=0, le=60, description="at the end devices under control are released, within this time, s"
    )
    policy: Literal["proportional", "follow_schedule"] = Field(
        "proportional", description="proportional: others carry what an asset cannot deliver; or follow_schedule"
    )


class ApiSettings(_Section):
    """Where the HTTP API listens."""

    host: str = Field("127.0.0.1", min_length=1, description="address the API listens on")
    port: int = Field(8888, ge=0, le=65535, description="port the API listens on; 0 = any free one")
    max_body_mb: float = Field(4.0, gt=0, le=4096, description="larger request bodies are refused, MB")
    max_in_flight_mb: float = Field(
        64.0, gt=0, le=16384, description="bodies of all requests under way together, MB; beyond it requests wait"
    )
    worker_memory_mb: float = Field(
        1024.0, ge=64, le=10**6, description="a plan may take so much memory in its worker process, MB"
    )
    max_connections: int = Field(256, ge=8, le=65536, description="so many connections at once")
    max_client_connections: int = Field(
        32, ge=1, le=65536, description="of these so many from one address beyond this machine"
    )
    health_port: int = Field(
        -1, ge=-1, le=65535, description="/healthz and /readyz on a port of their own too; 0 = any free one, -1 = not"
    )
    reverse_proxy: str = Field(
        "", description="addresses of a reverse proxy, with commas between: its connections are those of many clients"
    )
    planning: Literal["open", "token"] = Field(
        "open", description="open: whoever reaches the API may have plans made; token: who may see the site"
    )
    allowed_hosts: str = Field(
        "", description="names of a reverse proxy, with commas between: the API answers to them on loopback too"
    )
    token: SecretStr = Field(
        SecretStr(""), description="routes of the site want it as Bearer token; beyond loopback they need one"
    )
    tls_certificate: str = Field("", description="PEM file of the certificate, with its chain; empty: no TLS")
    tls_key: str = Field("", description="PEM file of the certificate's key")

    @property
    def warning(self) -> str:
        """Why what goes over the wire can be read by others; empty where it cannot."""
        return warning_of(self.host, tls_certificate=self.tls_certificate, reverse_proxy=self.reverse_proxy)


class StoreSettings(_Section):
    """Where schedules and history are kept, and for how long."""

    url: str = Field(
        "",
        description="sqlite:///FILE, postgresql://… or memory:; empty: a file of the user's for each site",
    )
    detail_days: float = Field(30.0, gt=0, le=36500, description="retention of all ticks and statuses, days")
    summary_days: float = Field(400.0, gt=0, le=36500, description="retention of one-minute aggregates, days")
    max_mb: float = Field(2000.0, ge=1, le=10**9, description="all records together; the older go first, MB")


class ProductionSettings(_Section):
    """How production is planned unless a request says otherwise."""

    co2: bool = Field(True, description="whether burning gas pays for its CO2: true or false")  # noqa: FBT003
    wind: Literal["on_off", "curtail"] = Field("on_off", description="wind parks: on_off or curtail")
    time_limit_s: float = Field(10.0, gt=0, le=3600, description="a plan is searched for at most this long, s")


class GeneratorSettings(_Section):
    """The made-up assets that stand in for a registry."""

    count: int = Field(15_000, ge=1, le=2_000_000, description="how many assets are made up")
    total_kw: int = Field(5_000_000, ge=1, le=10**12, description="their volumes together, kW")
    seed: int = Field(0, ge=0, description="the same seed makes the same assets")
    base_price_factor: float = Field(1.0, ge=0, le=1000, description="their mean price, EUR per kW")


class FlexibilitySettings(_Section):
    """Which assets are on offer, and how they are selected."""

    assets_file: str = Field("", description="JSON list of the assets on offer; empty: they are made up")
    engine: Literal["exact", "greedy", "dp", "hybrid"] = Field("exact", description="exact, greedy, dp or hybrid")
    time_limit_s: float = Field(10.0, gt=0, le=3600, description="a selection is searched for at most this long, s")
    generator: GeneratorSettings = GeneratorSettings()


class PeakShavingSettings(_Section):
    """How storages are planned."""

    time_limit_s: float = Field(10.0, gt=0, le=3600, description="the solver searches at most this long, s")


class LeastCostSettings(_Section):
    """How sites are planned for least cost."""

    time_limit_s: float = Field(
        10.0, gt=0, le=3600, description="requests over HTTP may have the solver search at most this long, s"
    )


class PricesSettings(_Section):
    """Where spot prices come from; the rest is in the site file."""

    token: SecretStr = Field(SecretStr(""), description="what the source of prices in the site file wants")


class AppliancesSettings(_Section):
    """How appliances are planned, and how homes are decided for while the loop runs."""

    time_limit_s: float = Field(30.0, gt=0, le=3600, description="the optimiser searches at most this long, s")
    building_limit_w: float = Field(0.0, ge=0, le=10**9, description="all homes together draw at most this, W; 0: any")
    replan_period_s: float = Field(
        300.0, ge=0, le=86400, description="what can still move is planned as a whole this often, s; 0: never"
    )
    replan_limit_s: float = Field(1.5, gt=0, le=60, description="and searched for at most this long, s")
    neighbours: str = Field(
        "", description="URLs of /api/v1/appliances/profile of other homes of the building, with commas between"
    )
    neighbours_timeout_s: float = Field(
        0.5, gt=0, le=60, description="who has not answered by then is not waited for, s"
    )
    neighbours_token: SecretStr = Field(SecretStr(""), description="Bearer token that the neighbours want; empty: none")


class FleetSettings(_Section):
    """The fleet that this site belongs to, or that this centre leads."""

    url: str = Field(
        "", description="NATS server of the fleet, tls://host:4222, on this machine nats://; empty: in no fleet"
    )
    site: str = Field("", description="this site's name in the fleet; a centre has none")
    credentials: str = Field("", description="file with the key that `fleet enrol` printed; empty: none is wanted")
    ca_file: str = Field("", description="PEM file of the server's authority; empty: those of this machine")
    assets: str = Field(
        "", description="assets that the centre's orders are for, with commas between; empty: all that take targets"
    )
    name: str = Field("Portfolio", min_length=1, max_length=80, description="what a centre's page calls the fleet")
    unregistered_kw: int = Field(
        100_000, ge=1, le=10**9, description="what is believed at most of a site without a registered connection, kW"
    )
    wants_preview: bool = Field(
        default=False,
        description="every order to a centre's portfolio must name the preview that it confirms (else 428)",
    )
    users_file: str = Field(
        "", description="file of users that the NATS server includes, for `fleet enrol`; empty: keys are not checked"
    )
    pid_file: str = Field("", description="the NATS server's pid_file, where it runs beside: it reads the users again")


class LogSettings(_Section):
    """How much is logged, and how."""

    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="least severe level that is logged")
    style: Literal["text", "json"] = Field("text", description="text for people, json for programs")


class Settings(BaseSettings):
    """All settings, each with a default that fits a first run."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        env_file=ENV_FILE,
        env_file_encoding="utf-8-sig",
        extra="ignore",  # unknown names are looked for below, where a near miss can be suggested
        frozen=True,
    )

    site: str = Field("", description="site file of commands that name none; empty: the built-in demo site")
    dispatch: DispatchSettings = DispatchSettings()
    api: ApiSettings = ApiSettings()
    store: StoreSettings = StoreSettings()
    log: LogSettings = LogSettings()
    production: ProductionSettings = ProductionSettings()
    flexibility: FlexibilitySettings = FlexibilitySettings()
    peak_shaving: PeakShavingSettings = PeakShavingSettings()
    least_cost: LeastCostSettings = LeastCostSettings()
    prices: PricesSettings = PricesSettings()
    appliances: AppliancesSettings = AppliancesSettings()
    fleet: FleetSettings = FleetSettings()


def secrets_of(settings: Settings) -> tuple[str, ...]:
    """What may stand in no log: every secret setting, and the store's URL, which may hold a password."""
    stated = (settings.api.token, settings.appliances.neighbours_token)
    secrets = [secret.get_secret_value() for secret in stated]
    url = settings.store.url
    return tuple(secrets) + ((url,) if url.startswith("postgres") else ())


def variables() -> Iterator[tuple[str, FieldInfo]]:
    """Every environment variable that is a setting, with the field behind it."""
    yield from _variables(PREFIX, Settings)


def _variables(prefix: str, section: type[BaseModel]) -> Iterator[tuple[str, FieldInfo]]:
    for name, field in section.model_fields.items():
        annotation = field.annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            yield from _variables(f"{prefix}{name.upper()}__", annotation)
        else:
            yield prefix + name.upper(), field


def load_settings() -> Settings:
    """Read the settings.

    Raises:
        Refused: a variable is unknown or its value is not acceptable; all of them are listed.
    """
    env_file = read_env_file(ENV_FILE, prefix=PREFIX)
    faults = [*_unknown(os.environ), *_said_twice(os.environ), *env_file.faults]
    faults += [
        Fault(field=env_file.place_of(fault.field), message=fault.message)
        for fault in _unknown(line.name for line in env_file.lines)
    ]
    try:
        settings = Settings()
    except ValidationError as error:
        for fault in error.errors():
            name = PREFIX + "__".join(str(part).upper() for part in fault["loc"])
            is_of_file = name not in {known.upper() for known in os.environ}
            faults.append(Fault(field=env_file.place_of(name) if is_of_file else name, message=_sentence(fault)))
        raise Refused(faults) from None
    api, fleet = settings.api, settings.fleet
    token = api.token.get_secret_value()
    faults += faults_of(api.host, token, tls_certificate=api.tls_certificate, tls_key=api.tls_key)
    faults += fleet_faults_of(fleet.url, fleet.site)
    if faults:
        raise Refused(faults)
    return settings


def _sentence(fault: object) -> str:
    """``-1 is not acceptable: input should be greater than 0``."""
    if not isinstance(fault, dict):
        raise TypeError(fault)
    return f"{fault['input']!r} is not acceptable: {fault['msg'][0].lower()}{fault['msg'][1:]}"


def _said_twice(environment: Mapping[str, str]) -> Iterator[Fault]:
    """Names that differ in the case of their letters only are one setting."""
    first: dict[str, str] = {}
    for name in sorted(environment):
        if not name.upper().startswith(PREFIX):
            continue
        before = first.setdefault(name.upper(), name)
        if environment[before] != environment[name]:
            yield Fault(field=name, message=f"has another value than {before}: unset one of the two")


def _unknown(names: Iterable[str]) -> Iterator[Fault]:
    known = [name for name, _ in variables()]
    for name in sorted(names):
        if name.upper().startswith(PREFIX) and name.upper() not in known:
            yield Fault(field=name, message=f"there is no such setting{near_miss(name.upper(), known)}")
