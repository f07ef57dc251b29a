"""What a site file says of a device: its template or its usage, and where it is."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, PrivateAttr, ValidationInfo, model_validator

from energy_manager.adapters.devices.templates.model import KIND_OF_USAGE, USAGES, LinkDriver, Template, Usage
from energy_manager.adapters.devices.templates.reading import read_template
from energy_manager.adapters.devices.templates.rules import STORED_WRITES_A_DAY, faults_of
from energy_manager.adapters.devices.templates.sources import Scalar
from energy_manager.adapters.options import Options
from energy_manager.adapters.texts.toml_faults import fault_at, raise_faults
from energy_manager.domain.errors import Fault, Refused
from energy_manager.domain.site import AssetKind


def as_text(value: Any) -> Any:  # noqa: ANN401 - whatever the file says
    """A whole number as its text: serial numbers are either."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


class DeviceOptions(Options):
    """The template, or its usage inline; how the device is reached where no connection is named.

    ``serial`` pins the device: another one at its address is not believed and never written.
    ``parameters`` are the template's.
    ``writes_a_day`` bounds what is written to registers that are stored in flash.
    """

    template: str | None = Field(None, min_length=1, description="a shipped one by its name, or a path to a .toml")
    usage: str | None = Field(None, description="where several usages of the template have the asset's kind")
    parameters: dict[str, Scalar] = Field({}, description="of the template")
    serial: Annotated[str, BeforeValidator(as_text)] | None = Field(
        None, min_length=1, description="of the device that may be written"
    )
    unit: int | None = Field(None, ge=0, le=255, description="of Modbus; left out: as the template has it")
    host: str | None = Field(None, min_length=1)
    port: int | None = Field(None, ge=1, le=65535)
    writes_a_day: int = Field(STORED_WRITES_A_DAY, ge=2)
    grid: Usage | None = None
    pv: Usage | None = None
    battery: Usage | None = None
    load: Usage | None = None
    charger: Usage | None = None
    _read_template: Template | None = PrivateAttr(None)

    @model_validator(mode="after")
    def _fits_together(self, info: ValidationInfo) -> DeviceOptions:
        """Read the template, a path to one from the folder ``beside`` of the context, and check what stands inline."""
        if (self.template is None) is not bool(self.inline):
            sentence = f"there must be a template or one of the tables {', '.join(USAGES)}, not both"
            raise_faults("device", [fault_at(("template",), sentence)])
        if self.template is not None:
            folder = (info.context or {}).get("beside")
            try:
                self._read_template = read_template(
                    self.template, parameters=self.parameters, beside=folder if isinstance(folder, Path) else None
                )
            except Refused as refused:
                said = (f"{fault.field}: {fault.message}" for fault in refused.faults)
                raise_faults("device", [fault_at(("template",), sentence) for sentence in said])
        if self.usage is not None and self.usage not in self.usages:
            raise_faults("device", [fault_at(("usage",), f"the device has {', '.join(self.usages)}", self.usage)])
        inline = self.inline.items()
        raise_faults(
            "device", [f for name, usage in inline for f in faults_of(usage, name=name, driver=self.link_driver)]
        )
        if self.serial is not None and all(usage.identity.serial is None for usage in self.usages.values()):
            raise_faults(
                "device", [fault_at(("serial",), "nothing says where the device has its serial number", self.serial)]
            )
        return self

    @property
    def inline(self) -> dict[str, Usage]:
        """The usages that stand in the asset's own table."""
        named = {name: getattr(self, name) for name in USAGES}
        return {name: usage for name, usage in named.items() if usage is not None}

    @property
    def described_by(self) -> Template | None:
        """The template; None for a usage that stands inline."""
        return self._read_template

    @property
    def modbus_unit(self) -> int:
        """The unit that is said here, else the template's, else 1."""
        default = None if self._read_template is None else self._read_template.connection.unit
        return self.unit if self.unit is not None else default if default is not None else 1

    @property
    def usages(self) -> dict[str, Usage]:
        """The usages that the device has."""
        return self.inline if self._read_template is None else self._read_template.usages

    @property
    def link_driver(self) -> LinkDriver:
        """What kind of link the device is behind, by its template or by where its values stand."""
        if self._read_template is not None:
            return self._read_template.template.driver
        sources = [
            source
            for usage in self.inline.values()
            for source in (*usage.read.values(), *usage.begin, *usage.target, *usage.release)
        ]
        if any(source.topic is not None for source in sources):
            return "mqtt"
        return "http" if any(source.url is not None for source in sources) else "modbus"

    def usage_for(self, kind: AssetKind | None) -> tuple[str, Usage]:
        """The usage for an asset of this kind, with its name.

        Raises:
            Refused: there is none, or more than one.
        """
        fitting = {
            name: usage
            for name, usage in self.usages.items()
            if self.usage in {None, name} and kind in {None, usage.kind or KIND_OF_USAGE[name]}
        }
        if len(fitting) == 1:
            return next(iter(fitting.items()))
        has = ", ".join(f"{name} ({usage.kind or KIND_OF_USAGE[name]})" for name, usage in self.usages.items())
        what = f"for kind {kind}" if kind is not None else "without a kind"
        message = f"{'several usages fit' if fitting else 'no usage fits'} {what}: the device has {has}"
        raise Refused([Fault(field="usage", message=message)])
