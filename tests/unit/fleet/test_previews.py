"""What a person is shown before an order to the portfolio, and whether it still holds when they confirm it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from energy_manager.application.fleet.views.previews import ActivationPreview, ShownPreviews
from energy_manager.domain.fleet import Direction, FleetActivation, SiteOffer

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def activation(volume_kw=100, *, after_s=0, minutes=30, **other):
    start = NOON + timedelta(seconds=after_s)
    words = {"direction": Direction.UP, "start": start, "until": start + timedelta(minutes=minutes)} | other
    return FleetActivation(id="a", volume_kw=volume_kw, placed_at=start, **words)


def preview(*offers, of=None):
    chosen = tuple(SiteOffer(site=site, volume_kw=kw, cost_cents=cents) for site, kw, cents in offers)
    return ActivationPreview(activation=of or activation(), chosen=chosen)


SHOWN = preview(("s1", 60, 306), ("s2", 43, 208))


def test_it_says_how_many_sites_are_ordered_how_much_for_how_much():
    assert SHOWN.sentences() == (
        "2 sites would be ordered 103 kW up from 2026-03-02 12:00:00 UTC until 2026-03-02 12:30:00 UTC, for 5.14 EUR",
        "each site is taken whole: that is 3 kW more than asked for",
        "s1 60 kW for 3.06 EUR, s2 43 kW for 2.08 EUR",
    )


def test_it_names_the_largest_sites_and_counts_the_others():
    many = preview(*((f"s{number}", number, 100) for number in range(1, 15)), of=activation(105))
    assert many.sentences()[-1] == (
        "s14 14 kW for 1.00 EUR, s13 13 kW for 1.00 EUR, s12 12 kW for 1.00 EUR, s11 11 kW for 1.00 EUR, "
        "s10 10 kW for 1.00 EUR and 9 more"
    )
    assert len(many.sentences()) == 2


def test_it_says_how_much_would_be_missing():
    assert preview(("s1", 60, 306)).sentences()[:2] == (
        "1 site would be ordered 60 kW up from 2026-03-02 12:00:00 UTC until 2026-03-02 12:30:00 UTC, for 3.06 EUR",
        "that is all there is: 40 kW of the 100 kW would be missing",
    )
    assert preview().sentences() == ("no site has anything to give: 100 kW of the 100 kW would be missing",)


@pytest.mark.parametrize(
    "now",
    [
        preview(("s1", 60, 306), ("s3", 43, 208)),
        preview(("s1", 60, 306), ("s2", 37, 208)),
        preview(("s1", 63, 306), ("s2", 43, 208)),
        preview(("s1", 60, 330), ("s2", 43, 208)),
        preview(("s1", 60, 306), ("s2", 43, 208), of=activation(103)),
        preview(("s1", 60, 306), ("s2", 43, 208), of=activation(minutes=45)),
        preview(("s1", 60, 306), ("s2", 43, 208), of=activation(direction=Direction.DOWN)),
    ],
    ids=[
        "another site",
        "less than is wanted",
        "more than was shown",
        "a dearer one",
        "another volume",
        "for longer",
        "the other way",
    ],
)
def test_other_sites_other_power_or_more_money_is_another_preview(now):
    assert not now.is_as_shown(SHOWN)
    assert now.version != SHOWN.version


@pytest.mark.parametrize(
    "now",
    [preview(("s1", 59, 301), ("s2", 42, 203)), preview(("s1", 41, 201), ("s2", 60, 300)), preview(("s2", 101, 480))],
    ids=["a little less of each", "more of one and less of the other", "one of them suffices by now"],
)
def test_how_the_sites_that_were_shown_share_it_is_no_other_preview(now):
    assert now.is_as_shown(SHOWN)


def test_what_the_clock_alone_changes_is_the_same_preview():
    """Seconds later a fixed end is nearer, and the energy costs a little less; "in 30min" is as long as it was."""
    ends = SHOWN.activation.until
    nearer = preview(("s1", 60, 304), ("s2", 43, 206), of=replace(activation(after_s=20), until=ends))
    later = preview(("s1", 60, 306), ("s2", 43, 208), of=activation(after_s=20))
    for now in (nearer, later):
        assert now.version != SHOWN.version
        assert now.is_as_shown(SHOWN)


def test_of_thousands_of_sites_one_in_a_hundred_kw_may_be_anothers():
    offers = [(f"s{number}", 10, 100) for number in range(200)]
    before = preview(*offers, of=activation(2000))
    two_moved = preview(*offers[2:], ("x", 10, 100), ("y", 10, 101), of=activation(2000))
    three_moved = preview(*offers[3:], ("x", 10, 100), ("y", 10, 100), ("z", 10, 100), of=activation(2000))
    assert two_moved.is_as_shown(before)
    assert not three_moved.is_as_shown(before)


def test_the_oldest_are_forgotten():
    shown = ShownPreviews(most=2)
    first, second, third = (preview(("s1", 100, cents)) for cents in (1, 2, 3))
    for one in (first, second, third):
        shown.add(one)
    assert [shown.shown(one.version) for one in (first, second, third)] == [None, second, third]
