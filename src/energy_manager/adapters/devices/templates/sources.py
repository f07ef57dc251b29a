"""Where in a device a value stands: read from there, or written."""

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
from energy_manager.domain.errors import Refused

Scalar = StrictBool | StrictInt | StrictFloat | StrictStr

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
