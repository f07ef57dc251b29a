"""What a device template may say; ``docs/reference`` and the site file's inline usages come from these models."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    StrictStr,
    Tag,
    field_validator,
)

from energy_manager.adapters.devices.links.json_paths import JsonPath
from energy_manager.adapters.devices.templates.codec import Encoding, ValueType, WordOrder
from energy_manager.adapters.devices.templates.points import PointName
from energy_manager.domain.errors import Refused
from energy_manager.domain.site import AssetKind

Scalar = StrictBool | StrictInt | StrictFloat | StrictStr
LinkDriver = Literal["modbus", "mqtt", "http"]
Control = Literal["setpoint", "limit", "switch", "steps", "current", "modes"]
ValueName = Literal[
    "output_w",
    "discharge_w",
    "export_w",
    "charge_w",
    "load_w",
    "import_w",
    "magnitude_w",
    "output_percent",
    "discharge_percent",
    "charge_percent",
    "direction",
    "on",
    "step",
    "amps",
    "mode",
]
DIRECTIONS = ("charge", "discharge", "idle")
Address = Annotated[StrictInt, Field(ge=0, le=65535)]
SunSpecPoint = Annotated[StrictStr, Field(pattern=r"^\d+(\.\d+)?\.\w+$")]


def _one_or_list(value: object) -> str:
    """Which of both it is meant to be, so that only the faults of that one are told."""
    return "[list]" if isinstance(value, list) else "[one]"


Addresses = Annotated[
    Annotated[Address, Tag("[one]")] | Annotated[list[Address], Field(min_length=1), Tag("[list]")],
    Discriminator(_one_or_list),
]
SunSpecPoints = Annotated[
    Annotated[SunSpecPoint, Tag("[one]")] | Annotated[list[SunSpecPoint], Field(min_length=1), Tag("[list]")],
    Discriminator(_one_or_list),
]
Positive = Annotated[float, Field(gt=0)]


class Table(BaseModel):
    """A table of a template."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Source(Table):
    """Where a value stands: one of the keys up to ``url``; addresses are those on the wire, from 0."""

    input: Addresses | None = None
    holding: Addresses | None = None
    coil: Addresses | None = None
    discrete: Addresses | None = None
    point: SunSpecPoints | None = Field(
        None, description='a SunSpec point such as "103.W" or "160.3.DCW" (third block); of a list the first there is'
    )
    topic: StrictStr | None = Field(None, min_length=1)
    url: StrictStr | None = Field(None, min_length=1, description="absolute, or a path under the connection's base_url")
    type: ValueType | None = Field(None, description="uint16 where nothing is said; a coil or discrete input is a bool")
    word_order: WordOrder = Field("big", description="little: the low word first")
    scale: float = Field(1.0, description="value = register × scale")
    length: int = Field(1, ge=1, le=60, description="registers of a text")

    @field_validator("scale")
    @classmethod
    def _scales(cls, scale: float) -> float:
        if scale == 0:
            raise ValueError("every value would be 0")
        return scale

    @property
    def given(self) -> tuple[str, ...]:
        """Which of the keys for the place are there."""
        keys = ("input", "holding", "coil", "discrete", "point", "topic", "url")
        return tuple(key for key in keys if getattr(self, key) is not None)

    @property
    def cells(self) -> tuple[Literal["input", "holding", "coil", "discrete"], tuple[int, ...]] | None:
        """The Modbus table and the addresses in it; None for other sources."""
        for table in ("input", "holding", "coil", "discrete"):
            addresses = getattr(self, table)
            if addresses is not None:
                return table, tuple(addresses) if isinstance(addresses, list) else (addresses,)
        return None

    @property
    def sunspec_points(self) -> tuple[str, ...]:
        """The SunSpec points, the best first."""
        return (self.point,) if isinstance(self.point, str) else tuple(self.point or ())

    @property
    def value_type(self) -> ValueType:
        """The type, said or not."""
        return self.type or ("bool" if self.coil is not None or self.discrete is not None else "uint16")

    @property
    def encoding(self) -> Encoding:
        """How it stands in registers."""
        return self._encoding(missing=None)

    def _encoding(self, *, missing: tuple[int, ...] | None) -> Encoding:
        return Encoding(
            type=self.value_type, word_order=self.word_order, scale=self.scale, missing=missing, length=self.length
        )


class ReadPoint(Source):
    """How one value is read."""

    json_path: StrictStr | None = Field(None, alias="json", description="dotted, with [key=value]")
    missing: StrictInt | list[StrictInt] | None = Field(None, description="raw values that mean: no value")
    within: tuple[float, float] | None = Field(None, description="[lowest, highest] of the scaled value")
    every_s: Positive | None = Field(None, description="read only this often")
    max_age_s: Positive | None = Field(None, description="a value that was pushed counts for so long")
    words: dict[str, StrictBool | StrictInt | StrictFloat] | None = Field(
        None, description="what raw values mean, by their text; others are missing"
    )

    @field_validator("json_path")
    @classmethod
    def _is_path(cls, text: str | None) -> str | None:
        if text is not None:
            try:
                JsonPath.parse(text)
            except Refused as refused:
                raise ValueError(refused.faults[0].message) from None
        return text

    @property
    def encoding(self) -> Encoding:
        """How it stands in registers."""
        return self._encoding(missing=self.missing_values)

    @property
    def missing_values(self) -> tuple[int, ...] | None:
        """The raw values that mean: no value; None = those that the type has for it."""
        if self.missing is None:
            return None
        return (self.missing,) if isinstance(self.missing, int) else tuple(self.missing)


class WriteStep(Source):
    """One write of a sequence."""

    value: ValueName | StrictBool | StrictInt | StrictFloat | StrictStr
    within: tuple[float, float] | None = Field(None, description="a value beyond is written as the nearer end")
    words: dict[str, Scalar] | None = Field(
        None, description="what is written for a word: charge, discharge, idle; on, off; normal, hold, charge, feed"
    )
    function: Literal[5, 6, 15, 16] | None = Field(None, description="of Modbus; 16 or 15 where nothing is said")
    read_back: StrictBool = Field(default=False, description="of a begin step: begun again when it reads differently")
    method: Literal["GET", "POST", "PUT"] = "GET"
    body: StrictStr | None = Field(None, description="of HTTP and MQTT, with {value}")
    retain: StrictBool = False

    @property
    def encoding(self) -> Encoding:
        """How it stands in registers; what is written is never taken for missing."""
        return self._encoding(missing=())


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
    read: dict[PointName, ReadPoint] = {}
    identity: Identity = Identity()
    online: Online | None = None
    needs: list[PointName] = Field([], description="without these points the device is only read")
    begin: list[WriteStep] = []
    target: list[WriteStep] = []
    release: list[WriteStep] = []
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
    parameters: dict[str, Parameter] = {}
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
