"""The page on the link, for those whose sites run something else, says what the product says and hears."""

import json
import re

import pytest

from energy_manager.adapters.fleet.wire import decode_down, decode_up, encode
from energy_manager.application.ports.fleet.fleet_bus import Downlink, Uplink
from tests.support.product import ROOT

PAGE = (ROOT / "docs" / "fleet-link.md").read_text()
EXAMPLES = re.findall(r"`(em\.v1\.site\.north\.(up|down)\.\w+)`.*?```json\n(.*?)\n```", PAGE, re.DOTALL)
QUARTERS = re.findall(r"```json\n(.*quarters.*)\n```", PAGE)


@pytest.mark.parametrize(("subject", "way", "text"), EXAMPLES, ids=[subject for subject, *_ in EXAMPLES])
def test_each_example_is_a_message_of_the_product_with_all_its_members(subject, way, text):
    message = (decode_up if way == "up" else decode_down)(subject, text.encode())
    sent = encode(message)
    assert sent.subject == subject
    assert json.loads(sent.body) == json.loads(text)


def test_quarter_hours_are_told_as_the_page_has_them():
    (text,) = QUARTERS
    (report,) = decode_up("em.v1.site.north.up.report", text.encode()).reports
    assert report.at.timestamp() == 900 * report.sequence


def test_every_kind_of_message_is_on_the_page():
    kinds = {
        type((decode_up if way == "up" else decode_down)(subject, text.encode())) for subject, way, text in EXAMPLES
    }
    assert kinds == {*Uplink.__args__, *Downlink.__args__}
