"""The keys of a flat YAML file with the line each stands in, so that a fault can name it.

Text is taken as it is written: a client id ``007`` or a secret ``yes`` is that text, not seven and not true.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import yaml

NULL = "tag:yaml.org,2002:null"
NESTED = "params"
"""The one key that may hold the others: DSxOS keeps an application's own keys there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A key and its value as written; ``text`` is None where there is no value, or one that is no single text.

    ``is_nested``: it stands under ``params``.
    """

    key: str
    line: int
    text: str | None
    is_single: bool = True
    is_nested: bool = False


class NotYaml(Exception):
    """Why the text is no YAML of the form needed; ``line`` is None where it concerns no one line."""

    def __init__(self, sentence: str, line: int | None = None) -> None:
        super().__init__(sentence)
        self.line = line


def entries(text: str) -> Iterator[Entry]:
    """Every key of the document, those under ``params`` among them, in the order of the file; duplicates too.

    Raises:
        NotYaml: with the line.
    """
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        what = " ".join(part for part in (error.context, error.problem) if part)
        raise NotYaml(f"is no YAML: {what}", None if mark is None else mark.line + 1) from None
    except yaml.YAMLError as error:
        raise NotYaml(f"is no YAML: {' '.join(str(error).split())}") from None
    except RecursionError:
        raise NotYaml("invalid YAML: nesting is too deep") from None
    if not isinstance(root, yaml.MappingNode):
        raise NotYaml("must be a list of keys with values, such as interval: 900", None if root is None else 1)
    return _entries(root)


def _entries(node: yaml.MappingNode, *, is_nested: bool = False) -> Iterator[Entry]:
    for key, value in node.value:
        name = str(key.value) if isinstance(key, yaml.ScalarNode) else "?"
        line = key.start_mark.line + 1
        if name == NESTED and not is_nested and isinstance(value, yaml.MappingNode):
            yield from _entries(value, is_nested=True)
        elif isinstance(value, yaml.ScalarNode):
            text = None if value.tag == NULL else str(value.value)
            yield Entry(key=name, line=line, text=text or None, is_nested=is_nested)
        else:
            yield Entry(key=name, line=line, text=None, is_single=False, is_nested=is_nested)
