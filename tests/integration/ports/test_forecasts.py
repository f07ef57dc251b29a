"""Forecasts on every kind of store: kept as issued, and the last issue counts."""

from array import array
from datetime import UTC, datetime, timedelta

import pytest

from energy_manager.application.ports.schedules.durability import DeleteForecast, PutForecast
from energy_manager.domain.errors import Refused
from energy_manager.domain.forecast import IssuedForecast, Unit

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
HOUR_US = 3_600_000_000


def forecast(*values, name="load", issued_at=NOON, unit=Unit.KW):
    start_us = round(NOON.timestamp()) * 1_000_000
    instants = [start_us + HOUR_US * index for index in range(len(values))]
    return IssuedForecast(
        name=name, unit=unit, issued_at=issued_at, instants_us=array("q", instants), values=array("d", values)
    )


def test_what_is_put_reads_back_as_it_was(store):
    put = forecast(1.5, -0.0, 1e9, 0.1 + 0.2)
    head = store.repository.put_forecast(put)
    assert store.repository.forecast("load", at=NOON) == put
    assert store.repository.forecasts(at=NOON) == (head,)
    assert (head.version, head.count, head.unit, head.issued_at) == (1, 4, Unit.KW, NOON)
    assert (head.start, head.end) == (NOON, NOON + 3 * HOUR)


def test_of_a_name_the_last_issue_counts_and_the_older_ones_stay_as_issued(store):
    repository = store.repository
    first, second = forecast(1.0), forecast(2.0, issued_at=NOON + HOUR)
    repository.put_forecast(second)
    head = repository.put_forecast(first)
    assert head.version == 2
    assert repository.forecast("load", at=NOON + 2 * HOUR) == second
    assert repository.forecast("load", at=NOON + HOUR / 2) == first
    assert repository.issues("load", since=NOON, until=NOON + 2 * HOUR) == (first, second)
    assert repository.issues("load", since=NOON + HOUR, until=NOON + 2 * HOUR) == (second,)
    assert repository.issues("load", since=NOON, until=NOON + HOUR) == (first,)


def test_another_of_the_same_instant_takes_its_place(store):
    store.repository.put_forecast(forecast(1.0))
    assert store.repository.put_forecast(forecast(2.0)).version == 2
    assert store.repository.issues("load", since=NOON, until=NOON + HOUR) == (forecast(2.0),)


def test_one_that_was_issued_by_a_clock_that_was_ahead_counts_only_while_there_is_no_other(store):
    ahead = forecast(9.0, issued_at=NOON + 10_000 * HOUR)
    store.repository.put_forecast(ahead)
    assert store.repository.forecast("load", at=NOON) == ahead
    store.repository.put_forecast(forecast(1.0))
    assert store.repository.forecast("load", at=NOON) == forecast(1.0)


def test_any_name_and_unit_is_kept_in_order_of_name(store):
    names = ["wärmepumpe", "price", "load"]
    for name in names:
        unit = Unit.EUR_PER_KWH if name == "price" else Unit.KW
        store.repository.put_forecast(forecast(0.3, name=name, unit=unit))
    heads = store.repository.forecasts(at=NOON)
    assert [(head.name, str(head.unit)) for head in heads] == [
        ("load", "kW"),
        ("price", "EUR/kWh"),
        ("wärmepumpe", "kW"),
    ]


def test_forgetting_a_name_forgets_all_its_issues_and_no_other(store):
    repository = store.repository
    for hours in range(3):
        repository.put_forecast(forecast(1.0, issued_at=NOON + hours * HOUR))
    repository.put_forecast(forecast(1.0, name="price", unit=Unit.EUR_PER_KWH))
    assert repository.forget_forecast("load")
    assert not repository.forget_forecast("load")
    assert repository.forecast("load", at=NOON) is None
    assert [head.name for head in repository.forecasts(at=NOON)] == ["price"]


def test_a_commit_of_several_is_one_and_schedules_do_not_notice(store):
    revision = store.repository.revision()
    done = store.repository.commit(
        [PutForecast(forecast=forecast(1.0)), DeleteForecast(name="price"), PutForecast(forecast=forecast(2.0))]
    )
    assert [getattr(one, "version", one) for one in done] == [1, False, 2]
    assert store.repository.revision() == revision


@pytest.mark.parametrize(
    ("values", "name", "said"),
    [((), "load", "1 to 200000 values"), ((float("nan"),), "load", "finite"), ((1.0,), "", "printable characters")],
)
def test_what_is_no_forecast_cannot_be_made(values, name, said):
    with pytest.raises(Refused, match=said):
        forecast(*values, name=name)
