"""Put foreign failures into words without trusting them."""

from __future__ import annotations

LONGEST_TEXT = 200


def describe_failure(error: BaseException) -> str:
    """The kind and text of an exception, shortened; also when asking it for its text fails."""
    try:
        text = f"{type(error).__name__}: {error}"
    except BaseException:  # noqa: BLE001 - anything may leave a foreign exception's __str__
        text = "an exception that cannot be put into words"
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"
