"""The commands of README, guides and examples, as they stand there."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path


def commands(document: Path) -> list[str]:
    """The commands of the blocks marked as ``sh``, in order; a here-document belongs to its command."""
    found: list[str] = []
    block: list[str] | None = None
    for line in document.read_text().splitlines():
        if line == "```sh":
            block = []
        elif line == "```" and block is not None:
            found.extend(parted(block))
            block = None
        elif block is not None:
            block.append(line)
    return found


def header_commands(example: Path) -> list[str]:
    """The commands in the comment at the head of an example: what is indented there."""
    lines = []
    for line in example.read_text().splitlines():
        if not line.startswith("#"):
            break
        if line.startswith("#     "):
            lines.append(line.removeprefix("#     "))
    return list(parted(lines))


def parted(lines: list[str]) -> Iterator[str]:
    """Lines as the commands that a shell sees in them."""
    command: list[str] = []
    for line in lines:
        if not command and (not line.strip() or line.startswith("#")):
            continue
        command.append(line)
        if is_whole("\n".join(command)):
            yield "\n".join(command)
            command = []
    assert not command, f"no end: {command}"


def is_whole(command: str) -> bool:
    """Whether the shell would wait for no further line."""
    if command.rstrip().endswith(("\\", "|", "&&")):
        return False
    checked = subprocess.run(["bash", "-n"], input=command, capture_output=True, text=True, check=False)
    return checked.returncode == 0 and not checked.stderr


PRODUCT = re.compile(r"(?:^|[\s`(|])energy-manager((?: [^\s`|&;()>]+)*)")
"""A command of the product's in a line, with what follows it."""
