"""The chain of models is found and followed; its points are those that pysunspec2 reads, and the same numbers."""

import pytest

from energy_manager.adapters.devices.links.errors import MalformedAnswer, ModbusException
from energy_manager.adapters.devices.templated.channels.places import places_of
from energy_manager.adapters.devices.templates import ReadPoint
from energy_manager.adapters.devices.templates.sunspec import Chain, model_definition, walk
from tests.support.sunspec_map import device_registers

MODELS = (1, 103, 113, 120, 121, 122, 123, 124, 160, 203, 213, 701, 702, 703, 704, 713, 714, 802)


class Map:
    """Registers from a base on; others are not there. Counts the requests."""

    def __init__(self, registers, base=40000):
        self.cells = {base + place: register for place, register in enumerate(registers)}
        self.requests = 0

    def __call__(self, address, count):
        self.requests += 1
        if any(place not in self.cells for place in range(address, address + count)):
            raise ModbusException(2)
        return [self.cells[place] for place in range(address, address + count)]

    def value(self, chain: Chain, *points: str):
        places = places_of(ReadPoint(point=list(points)), lambda: chain)
        if not places:
            return None
        (place,) = places
        encoding = place.encoding_by(None if place.power is None else [self.cells[place.power.address]])
        cells = [self.cells[address] for address in range(place.span.address, place.span.end)]
        return encoding.raw(cells) if encoding.type == "string" else encoding.value(cells)


@pytest.mark.parametrize("base", [40000, 0, 50000])
def test_the_chain_is_found_at_each_of_its_bases(base):
    chain = walk(Map(device_registers(1, 103, 160), base))
    assert [model.model_id for model in chain.models] == [1, 103, 160]


def test_of_several_points_the_first_that_is_there_is_meant():
    device = Map(device_registers(1, 113))
    chain = walk(device)
    assert chain.locate(["103.W", "113.W"]) == chain.locate(["113.W"])
    assert chain.locate(["103.W", "101.W"]) is None
    assert chain.locate(["113.Nothing"]) is None


def test_a_repeating_block_that_the_device_has_not_is_not_there():
    chain = walk(Map(device_registers(1, 160, blocks=2)))
    assert chain.locate(["160.2.DCW"]) is not None
    assert chain.locate(["160.3.DCW"]) is None


def test_a_model_that_ends_early_lacks_its_last_points():
    registers = device_registers(1, 103)
    begin = registers.index(103)
    short = [*registers[:begin], 103, 20, *registers[begin + 2 : begin + 22], 0xFFFF, 0]
    chain = walk(Map(short))
    assert chain.locate(["103.W"]) is not None
    assert chain.locate(["103.Evt1"]) is None


@pytest.mark.parametrize("registers", [[], [0, 0, 0], [0x5375, 0x6E53, *[1, 0] * 200]])
def test_what_is_no_chain_or_has_no_end_is_refused(registers):
    with pytest.raises(MalformedAnswer):
        walk(Map(registers))


def test_a_busy_device_is_not_taken_for_one_without_a_chain():
    def busy(address, count):
        raise ModbusException(6)

    with pytest.raises(ModbusException):
        walk(busy)


def test_every_point_of_every_model_reads_as_pysunspec2_reads_it():
    from sunspec2.modbus import client as theirs  # noqa: PLC0415

    registers = device_registers(*MODELS)
    device = Map(registers)
    chain = walk(device)
    compared = 0
    begin = 2
    for model_id in MODELS:
        length = registers[begin + 1]
        data = b"".join(cell.to_bytes(2, "big") for cell in registers[begin : begin + 2 + length])
        model = theirs.SunSpecModbusClientModel(model_id=model_id, model_len=length, data=data, mb_device=None)
        definition = model_definition(model_id)
        for name in definition.fixed:
            if "_" in name and name not in model.points:
                group, point = name.split("_", 1)
                their = model.groups[group].points.get(point)
                expected = None if their is None else their.cvalue
            else:
                expected = model.points[name].cvalue
            if name.endswith("_SF"):
                continue
            compared += _same(device.value(chain, f"{model_id}.{name}"), expected, f"{model_id}.{name}")
        for name in definition.repeating:
            (blocks,) = (group for group in model.groups.values() if isinstance(group, list))
            for number, block in enumerate(blocks, 1):
                expected = block.points[name].cvalue
                compared += _same(device.value(chain, f"{model_id}.{number}.{name}"), expected, f"{model_id}.{name}")
        begin += 2 + length
    assert compared > 500


def _same(ours, theirs, name) -> int:
    if isinstance(theirs, str):
        assert ours == theirs, name
    elif theirs is None:
        assert ours is None, name
    else:
        assert ours == pytest.approx(theirs), name
    return 1
