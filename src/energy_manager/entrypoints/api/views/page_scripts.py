"""The scripts that a page begins with, as one file: a phone is ready sooner for one than for thirty small ones.

Each module becomes a function that gives what the module exports, those that are imported before those that import
them. Modules that come later, when they are wanted, take what they import of these from that one file. What is joined
are our own files, of which each import is one line: a form that is not known here is refused, and so is a circle.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping

SCRIPTS = "scripts.js"

_ALL = "$modules"
_IMPORT = re.compile(
    r'^import (?:(?P<default>\w+)|\* as (?P<all>\w+)|\{(?P<some>[^}]*)\}) from "(?P<path>\.[^"]+)";$', re.M
)
_EXPORT = re.compile(
    r"^export (?:(?P<default>default) |(?=(?:async function|function|class|const) (?P<name>\w+)))", re.M
)
_LATER = re.compile(r'\bimport\("(\.[^"]+)"\)')
_UNKNOWN = re.compile(r"^(?:import|export)\b(?!\().*", re.M)


class NotJoinable(ValueError):
    """A module has a form that is not known here, or imports itself by way of others."""


def joined_scripts(entries: Iterable[str], texts: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files of a page, with one script in place of those that the ``entries`` import.

    Raises:
        NotJoinable: they cannot be joined.
    """
    modules = {name: text.decode() for name, text in texts.items() if name.endswith(".js")}
    joined = list(_in_order(entries, modules))
    whole = [f"export const {_ALL} = {{}};", *(_as_function(name, modules[name]) for name in joined)]
    later = {name: _taking(name, text, joined).encode() for name, text in modules.items() if name not in joined}
    others = {name: text for name, text in texts.items() if name not in joined}
    return others | later | {SCRIPTS: "\n".join(whole).encode()}


def _in_order(entries: Iterable[str], modules: Mapping[str, str]) -> Iterator[str]:
    """What is imported before what imports it."""
    done: set[str] = set()

    def with_imported(name: str, way: tuple[str, ...]) -> Iterator[str]:
        if name in way:
            raise NotJoinable(f"modules import each other in a circle: {' > '.join((*way, name))}")
        if name in done:
            return
        for found in _IMPORT.finditer(modules[name]):
            yield from with_imported(_place(name, found["path"]), (*way, name))
        done.add(name)
        yield name

    for entry in entries:
        yield from with_imported(entry, ())


def _as_function(name: str, text: str) -> str:
    exported = ["default: $default" if found["default"] else found["name"] for found in _EXPORT.finditer(text)]
    body = _EXPORT.sub(lambda found: "const $default = " if found["default"] else "", text)
    body = _IMPORT.sub(lambda found: _taken(name, found), body)
    body = _LATER.sub(lambda found: f'import("./{_place(name, found[1])}")', body)
    body = body.replace("import.meta.url", f'new URL("{name}", import.meta.url)')
    _refuse_unknown(name, body)
    return f'{_ALL}["{name}"] = (() => {{\n{body}\nreturn {{ {", ".join(exported)} }};\n}})();'


def _taking(name: str, text: str, joined: Iterable[str]) -> str:
    """A module that stays by itself, with what it imports of those that are joined."""
    whole = posixpath.relpath(SCRIPTS, posixpath.dirname(name) or ".")
    whole = whole if whole.startswith(".") else f"./{whole}"
    known = set(joined)

    def taken(found: re.Match[str]) -> str:
        return _taken(name, found) if _place(name, found["path"]) in known else found[0]

    body = _IMPORT.sub(taken, text)
    return body if body == text else f'import {{ {_ALL} }} from "{whole}";\n{body}'


def _taken(name: str, found: re.Match[str]) -> str:
    source = f'{_ALL}["{_place(name, found["path"])}"]'
    if found["default"]:
        return f"const {found['default']} = {source}.default;"
    if found["all"]:
        return f"const {found['all']} = {source};"
    return f"const {{{found['some'].replace(' as ', ': ')}}} = {source};"


def _place(name: str, path: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(name), path))


def _refuse_unknown(name: str, body: str) -> None:
    found = _UNKNOWN.search(body)
    if found is not None:
        raise NotJoinable(f"{name}: {found[0]}: this form of import or export cannot be joined")
