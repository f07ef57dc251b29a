"""Text from outside on its way to a terminal or a log: nothing in it may steer the one or forge lines of the other."""

from __future__ import annotations


def printable(text: str) -> str:
    r"""The text on one line, with escapes such as ``\x1b`` for whatever is no printable character."""
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode() for character in text
    )


def printable_lines(text: str) -> str:
    """The same for text of several lines."""
    return "\n".join(printable(line) for line in text.split("\n"))
