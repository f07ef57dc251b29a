"""Who has only a keyboard: each stop is seen, they come as one reads, none holds fast, and Escape leads back."""

from itertools import pairwise

import pytest
from playwright.sync_api import expect

from tests.integration.api.page.test_assets import of_battery

ALARM = {
    "id": "a", "subject": "battery", "priority": "medium", "what": "battery is late", "consequence": "It counts as 0.",
    "done": "", "since": "2026-03-02T13:59:43Z", "acknowledged_at": None, "acknowledged_by": "", "shelved": False,
}  # fmt: skip
EVENTS = {"active": [ALARM, ALARM | {"id": "b"}], "log": [], "next": None, "log_fault": ""}
PREVIEW = {"effect": ["battery is told to take 0 W until 15:30."], "series": [], "version": "v1"}
PLACES = ("now", "plan", "assets", "assets/battery")
WIDTHS = (390, 1400)
MOST_STOPS = 60

STOP = """() => {
  const element = document.activeElement;
  if (!element || element === document.body) return null;
  const box = element.getClientRects()[0];
  const style = getComputedStyle(element);
  const there = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
  const bar = element.closest("nav");
  return {
    name: element.getAttribute("aria-label") ?? element.labels?.[0]?.firstChild.textContent ?? element.textContent,
    left: box.left, right: box.right, top: box.top + scrollY, bottom: box.bottom + scrollY,
    isMarked: element.matches(":focus-visible") && style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    isInSight: Boolean(there) && (element.contains(there) || there.contains(element)),
    isInHeader: Boolean(element.closest("header")),
    isAtFoot: Boolean(bar) && getComputedStyle(bar).position === "fixed",
  };
}"""


def stops(page, first):
    """All that Tab comes to until it is round, from the first one on."""
    found = []
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        stop = page.evaluate(STOP)
        if found and stop == found[0]:
            begin = next(place for place, one in enumerate(found) if one and one["name"] == first)
            return [one for one in found[begin:] + found[:begin] if one]
        found.append(stop)
    raise AssertionError(f"Tab does not get round: {found[-5:]}")


def is_as_one_reads(before, after):
    """Further down, or to the right of it in the same line or in the next column.

    A bar at the foot of the screen stands beside all that scrolls: after it, and the header, it goes on at the top.
    """
    if before["isAtFoot"] and not after["isAtFoot"]:
        return not after["isInHeader"]
    is_below = after["top"] >= before["bottom"] - 1
    is_left = after["right"] <= before["left"] + 1
    is_above = after["bottom"] <= before["top"] + 1
    return is_below or not (is_left or (is_above and after["left"] < before["right"] - 1))


def check(found, place):
    assert [stop["name"] for stop in found if not stop["isMarked"]] == [], f"not marked on {place}"
    assert [stop["name"] for stop in found if not stop["isInSight"]] == [], f"out of sight on {place}"
    wrong = [f"{one['name']} → {next_['name']}" for one, next_ in pairwise(found) if not is_as_one_reads(one, next_)]
    assert wrong == [], f"not as one reads on {place}"


@pytest.mark.parametrize("width", WIDTHS)
def test_tab_goes_round_the_page_as_one_reads_and_each_stop_is_seen(shown, page, width):
    page.set_viewport_size({"width": width, "height": 844})
    shown(of_battery(events=EVENTS))
    for place in PLACES:
        page.evaluate(f"location.hash = '#/{place}'")
        expect(page.locator("main .chart svg, main table.assets").first).to_be_visible()
        expect(page.locator("#alarms")).to_be_visible()
        found = stops(page, first="Skip to the content")
        assert {"Depot North", "Plan", "Who am I: admin, admin", "Acknowledge"} <= {stop["name"] for stop in found}
        check(found, place)


@pytest.mark.parametrize("width", WIDTHS)
def test_a_command_is_given_by_keys_alone_and_escape_leads_back_to_where_it_began(shown, page, width):
    page.set_viewport_size({"width": width, "height": 844})
    overrides = {"overrides": lambda request: PREVIEW if request.method == "POST" else []}
    shown(of_battery(**overrides), "assets/battery")
    button, dialog = page.get_by_role("button", name="Override…"), page.locator("#command")
    expect(button).to_be_enabled()
    button.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Reason")).to_be_focused()
    check(stops(page, first="Reason, kept with the record"), "what is asked")
    page.keyboard.press("Escape")
    expect(dialog).not_to_be_visible()
    expect(button).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.type("maintenance of the valve")
    for _ in ("Asset", "What it is told", "Power"):
        page.keyboard.press("Tab")
    page.keyboard.type("0.8")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Cancel")).to_be_focused()
    check(stops(page, first="Cancel"), "what would happen")
    page.keyboard.press("Escape")
    expect(dialog).not_to_be_visible()
    expect(button).to_be_focused()


def test_who_am_i_opens_by_a_key_and_escape_leads_back(shown, page):
    shown(of_battery())
    who = page.locator("#who")
    who.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#me")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.locator("#me a").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#me")).not_to_be_visible()
    expect(who).to_be_focused()
