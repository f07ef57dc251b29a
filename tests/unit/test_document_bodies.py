from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from fractions import Fraction

from energy_manager.application.ports.schedules.document_bodies import body_of, of_body


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True)
class Inner:
    id: str
    start: datetime
    colours: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outer:
    inner: Inner
    colour: Colour
    ended_at: datetime | None = None


@dataclass(frozen=True)
class Share:
    of_a: str
    watts: int | Fraction | None


NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
VALUE = Outer(inner=Inner(id="a", start=NOON, colours=("x", "y")), colour=Colour.RED)


def test_a_value_within_a_value_puts_its_fields_beside_those_of_the_other():
    body = body_of(VALUE)
    assert body == {"id": "a", "start": NOON.isoformat(), "colours": ["x", "y"], "colour": "red", "ended_at": None}
    assert list(body) == ["id", "start", "colours", "colour", "ended_at"]
    assert of_body(Outer, body) == VALUE


def test_fields_may_be_left_out_and_stand_under_other_names():
    body = body_of(VALUE, without={"id"}, named={"start": "from"})
    assert "id" not in body
    assert body["from"] == NOON.isoformat()
    assert of_body(Outer, body, named={"start": "from"}, known={"id": "a"}) == VALUE


def test_a_body_that_was_kept_before_there_was_a_field_has_its_default():
    assert of_body(Outer, {"id": "a", "start": NOON.isoformat(), "colour": "red"}).inner.colours == ()


def test_numbers_that_are_not_whole_stand_as_text_and_stay_exact():
    third = Share(of_a="run", watts=Fraction(1, 3))
    assert body_of(third) == {"of_a": "run", "watts": "1/3"}
    assert of_body(Share, body_of(third)) == third
    assert of_body(Share, {"of_a": "run", "watts": 2}).watts == 2
