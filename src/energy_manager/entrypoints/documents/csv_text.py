"""CSV, as commands need it: whether a text is CSV at all."""

from __future__ import annotations

from pathlib import Path

from energy_manager.adapters.texts.utf8_text import without_mark


def is_csv(text: bytes, file: str) -> bool:
    """By the file's name, or because it begins like no JSON."""
    return Path(file).suffix.lower() == ".csv" or without_mark(text).lstrip()[:1] not in {b"{", b"["}
