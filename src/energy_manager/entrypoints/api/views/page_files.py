"""The page's files, read and compressed once; their common version names the folder that they are served in.

One name for all of them, since modules import each other by relative names: an address never changes its content, and
parts of two versions are never mixed.
"""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from energy_manager.entrypoints.api.views.page_scripts import SCRIPTS, joined_scripts

TYPES = {".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"} | {
    ".js": "text/javascript; charset=utf-8"
}

_PLACE = "page/"
_STYLES = "styles.css"
_STYLED = re.compile(r' *<link rel="stylesheet" href="page/([^"]+)">\n')
_LOADED = re.compile(r'(<script type="module"[^>]* src="page/)([^"]+)"')


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFile:
    """A file as it goes out: plain and compressed, with a mark that changes with its content."""

    media_type: str
    plain: bytes
    compressed: bytes
    etag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFiles:
    """The first page, and by name what it loads from ``page/<version>/``."""

    version: str
    start: PageFile
    parts: Mapping[str, PageFile]


def read_page(folder: Path, *, start: str = "index.html") -> PageFiles:
    """Read all files of a page below the folder; ``start`` is the first page.

    What the first page names ``page/…`` is there named ``page/<version>/…``. Its modules go out as one file, and so do
    its styles, before which nothing is drawn.
    """
    texts = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.suffix in TYPES
    }
    content = hashlib.sha256(f"{start}\n".encode())  # what is joined is another file for another first page
    for name, text in texts.items():
        content.update(f"{name}\n{len(text)}\n".encode() + text)
    version = content.hexdigest()[:12]
    first = texts.pop(start).decode()
    first, texts = _with_joined_scripts(*_with_joined_styles(first, texts))
    first = first.replace(f'"{_PLACE}', f'"{_PLACE}{version}/')
    return PageFiles(
        version=version,
        start=_file(start, first.encode()),
        parts={name: _file(name, text) for name, text in texts.items()},
    )


def _with_joined_styles(first: str, texts: dict[str, bytes]) -> tuple[str, dict[str, bytes]]:
    """The first page with one style sheet in the place of its own, and the files with that one beside them."""
    names = [name for name in _STYLED.findall(first) if name in texts]
    if len(names) < 2:
        return first, texts
    once = iter([f'  <link rel="stylesheet" href="{_PLACE}{_STYLES}">\n'])
    joined = b"\n".join(texts[name] for name in names)
    return _STYLED.sub(lambda _: next(once, ""), first), texts | {_STYLES: joined}


def _with_joined_scripts(first: str, texts: dict[str, bytes]) -> tuple[str, dict[str, bytes]]:
    """The first page with one script in the place of its module, and the files with that one instead."""
    entries = [name for _, name in _LOADED.findall(first)]
    if not entries:
        return first, texts
    return _LOADED.sub(rf'\g<1>{SCRIPTS}"', first), joined_scripts(entries, texts)


def _file(name: str, text: bytes) -> PageFile:
    return PageFile(
        media_type=TYPES[Path(name).suffix],
        plain=text,
        compressed=gzip.compress(text, 9, mtime=0),
        etag=f'"{hashlib.sha256(text).hexdigest()[:16]}"',
    )
