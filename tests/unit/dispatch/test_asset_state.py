"""One word for how an asset stands: what causes trouble goes before what follows from it."""

import pytest

from energy_manager.domain.dispatch import AssetState, AssetStatus, asset_state

READ_AT_10 = AssetStatus(output=1, highest=2, taken_at_s=10.0)


def state(status=READ_AT_10, *, is_overdue=False, is_failing=False, is_away=False, now_s=20.0):
    return asset_state(
        status, is_overdue=is_overdue, is_failing=is_failing, is_away=is_away, now_s=now_s, max_age_s=25.0
    )


def test_a_device_that_answers_in_time_is_ok():
    assert state() is AssetState.OK


@pytest.mark.parametrize(("now_s", "expected"), [(35.0, AssetState.OK), (35.001, AssetState.STALE)])
def test_a_status_is_stale_once_it_is_older_than_may_be_believed(now_s, expected):
    assert state(now_s=now_s) is expected


def test_without_any_good_status_it_is_absent():
    assert state(None) is AssetState.ABSENT


@pytest.mark.parametrize("status", [READ_AT_10, None])
@pytest.mark.parametrize("now_s", [20.0, 100.0])
def test_a_failed_call_is_told_before_what_it_leads_to(status, now_s):
    assert state(status, is_failing=True, now_s=now_s) is AssetState.FAILED


@pytest.mark.parametrize("status", [READ_AT_10, None])
def test_a_device_that_is_known_to_be_away_is_absent_and_has_not_failed(status):
    assert state(status, is_failing=True, is_away=True) is AssetState.ABSENT


@pytest.mark.parametrize("status", [READ_AT_10, None])
@pytest.mark.parametrize("is_failing", [True, False])
@pytest.mark.parametrize("now_s", [20.0, 100.0])
def test_a_call_that_has_not_come_back_is_told_before_all_else(status, is_failing, now_s):
    assert state(status, is_overdue=True, is_failing=is_failing, now_s=now_s) is AssetState.LATE
