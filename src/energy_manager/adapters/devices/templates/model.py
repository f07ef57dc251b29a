"""What a device template may say; ``docs/reference`` and the site file's inline usages come from these models."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StrictBool, StrictStr

from energy_manager.adapters.devices.templates.points import PointName
from energy_manager.adapters.devices.templates.sources import Positive, ReadPoint, Scalar, Table, WriteStep
from energy_manager.domain.site import AssetKind

LinkDriver = Literal["modbus", "mqtt", "http"]
Control = Literal["setpoint", "limit", "switch", "steps", "current", "modes"]
DIRECTIONS = ("charge", "discharge", "idle")


class Identity(Table):
    """What tells a device from others of its kind."""

    serial: ReadPoint | None = None
    model: ReadPoint | None = None


class Online(Table):
    """Where an MQTT device says whether it is there."""

    topic: StrictStr = Field(min_length=1)
    json_path: StrictStr | None = Field(None, alias="json")
    words: dict[str, StrictBool]


class Obeys(Table):
    """What counts as carrying out a target."""

    within_s: float = Field(20.0, ge=0)
    tolerance_w: float = Field(ge=0)
    reads: int = Field(3, ge=1)


class Usage(Table):
    """One use of a device: as a meter, sun, battery, load or charger."""

    kind: AssetKind | None = None
    control: Control | None = None
    read: dict[PointName, ReadPoint] = Field({})
    identity: Identity = Identity()
    online: Online | None = None
    needs: list[PointName] = Field([], description="without these points the device is only read")
    begin: list[WriteStep] = Field([])
    target: list[WriteStep] = Field([])
    release: list[WriteStep] = Field([])
    expires: StrictBool | None = Field(None, description="the device forgets its target by itself")
    expires_s: Positive | None = Field(None, description="after this time")
    rewrite_s: Positive | None = Field(None, description="a third of expires_s where nothing is said")
    volatile: StrictBool | None = Field(None, description="writing does not wear the device; true where it expires")
    step_w: float = Field(0.0, ge=0, description="smaller changes are not written")
    steps_w: list[Annotated[float, Field(ge=0)]] | None = Field(
        None, description="the powers that there are, rising from 0"
    )
    min_on_s: float = Field(0.0, ge=0)
    min_off_s: float = Field(0.0, ge=0)
    voltage_v: float = Field(230.0, gt=0, description="between phase and neutral, of a charger")
    phases: int = Field(3, ge=1, le=3)
    min_a: float = Field(6.0, ge=0, description="below it a charger is off")
    max_a: float | None = Field(None, gt=0)
    obeys: Obeys | None = None

    @property
    def forgets(self) -> bool:
        """Whether the device drops a target that is not written again."""
        return bool(self.expires) or self.expires_s is not None

    @property
    def is_volatile(self) -> bool:
        """Whether it may be written as often as one likes."""
        return self.forgets if self.volatile is None else self.volatile

    @property
    def rewritten_every_s(self) -> float | None:
        """How often an unchanged target is written again; None = never."""
        if self.rewrite_s is None and self.expires_s is not None:
            return self.expires_s / 3
        return self.rewrite_s


class Head(Table):
    """What a template says of itself."""

    title: StrictStr = Field(min_length=1)
    driver: LinkDriver
    verified: StrictStr = Field("simulated", pattern=r"^(simulated|vendor document|hardware: .+)$")
    notes: StrictStr = ""


class Parameter(Table):
    """Something that differs from site to site; ``{name}`` in the rest of the template stands for it."""

    default: Scalar | None = None
    required: StrictBool = False
    help: StrictStr = ""


class ConnectionDefaults(Table):
    """What devices of this kind want of their connection."""

    over: Literal["tcp", "rtu_over_tcp", "serial"] = "tcp"
    port: int | None = Field(None, ge=1, le=65535)
    unit: int | None = Field(None, ge=0, le=255)
    timeout_s: Positive | None = None
    connect_pause_s: float | None = Field(None, ge=0)
    pause_ms: float | None = Field(None, ge=0)
    baud: int | None = Field(None, ge=300)


USAGES = ("grid", "pv", "battery", "load", "charger")
KIND_OF_USAGE = {
    "grid": AssetKind.METER,
    "pv": AssetKind.PRODUCER,
    "battery": AssetKind.STORAGE,
    "load": AssetKind.LOAD,
    "charger": AssetKind.LOAD,
}


class Template(Table):
    """A whole template."""

    template: Head
    parameters: dict[str, Parameter] = Field({})
    connection: ConnectionDefaults = ConnectionDefaults()
    grid: Usage | None = None
    pv: Usage | None = None
    battery: Usage | None = None
    load: Usage | None = None
    charger: Usage | None = None

    @property
    def usages(self) -> dict[str, Usage]:
        """The usages that it has, by name."""
        named = {name: getattr(self, name) for name in USAGES}
        return {name: usage for name, usage in named.items() if usage is not None}
