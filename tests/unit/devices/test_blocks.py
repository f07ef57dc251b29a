"""Neighbouring registers are read with one request; what a device refuses as a whole is read one by one."""

from hypothesis import given
from hypothesis import strategies as st

from energy_manager.adapters.devices.links.modbus import BlockPlan, Span, Table
from energy_manager.adapters.devices.links.modbus.blocks import LONGEST_SPAN, WIDEST_GAP


def holding(address: int, count: int = 1) -> Span:
    return Span(Table.HOLDING, address, count)


def requests(plan: BlockPlan, *spans: Span) -> list[tuple[int, int]]:
    return [(block.request.address, block.request.count) for block in plan.blocks(spans)]


def test_a_gap_of_sixteen_is_read_along_and_one_of_seventeen_is_not():
    assert requests(BlockPlan(), holding(100), holding(117)) == [(100, 18)]
    assert requests(BlockPlan(), holding(100), holding(118)) == [(100, 1), (118, 1)]


def test_a_block_spans_at_most_120_registers():
    spans = [holding(10 * place) for place in range(20)]
    assert requests(BlockPlan(), *spans) == [(0, 111), (120, 71)]


def test_tables_are_never_mixed_and_each_span_is_read_once():
    both = [holding(5, 2), holding(5, 2), Span(Table.INPUT, 5, 2)]
    assert len(BlockPlan().blocks(both)) == 2


def test_a_refused_block_is_split_for_ever_and_others_are_not():
    plan = BlockPlan()
    refused, other = plan.blocks([holding(0), holding(4), holding(500), holding(501)])
    assert [block.spans for block in plan.split(refused)] == [(holding(0),), (holding(4),)]
    again = plan.blocks([holding(0), holding(4), holding(500), holding(501)])
    assert [block.spans for block in again] == [(holding(0),), (holding(4),), other.spans]


@given(
    st.lists(st.builds(Span, st.sampled_from(Table), st.integers(0, 400), st.integers(1, 8)), min_size=1, max_size=40)
)
def test_every_span_finds_its_own_cells_in_its_block(spans):
    blocks = BlockPlan().blocks(spans)
    served = [span for block in blocks for span in block.spans]
    assert sorted(served) == sorted(set(spans))
    for block in blocks:
        request = block.request
        assert request.count <= LONGEST_SPAN
        cells = list(range(request.address, request.address + request.count))
        for span in block.spans:
            assert span.table is request.table
            assert block.cells_of(span, cells) == list(range(span.address, span.end))
        ends = [max(span.end for span in block.spans[: place + 1]) for place in range(len(block.spans) - 1)]
        assert all(after.address - end <= WIDEST_GAP for end, after in zip(ends, block.spans[1:], strict=True))
