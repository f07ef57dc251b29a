"""What pytest makes of the tests' files is made once for all workers, before they start.

Else each worker of a fresh clone rewrites and compiles every file for itself, at the same time as the others: four
seconds of computing each, of which all but one find it done when they come to keep it.
"""

from __future__ import annotations

import compileall
import os
import sys
from contextlib import suppress
from importlib.util import MAGIC_NUMBER, source_hash
from pathlib import Path

import pytest
from _pytest.assertion import rewrite

HASHED = b"\x03\x00\x00\x00"
"""In the head of a compiled file: by its hash, which is to be checked."""

PATTERNS = ("test_*.py", "conftest.py")


def rewrite_all(config: pytest.Config, tests: Path, *, processes: int) -> None:
    """By so many processes, each a share of the files that have changed; what goes wrong is left to the workers."""
    if sys.dont_write_bytecode or not hasattr(os, "fork"):
        return
    paths = [path for pattern in PATTERNS for path in sorted(tests.rglob(pattern))]
    children = []
    for share in range(processes):
        child = os.fork()
        if child == 0:
            with suppress(Exception):
                for path in paths[share::processes]:
                    _rewrite(path, config)
            os._exit(0)
        children.append(child)
    for folder in ("support", "oracles"):
        compileall.compile_dir(tests / folder, quiet=2)
    for child in children:
        os.waitpid(child, 0)


def _rewrite(path: Path, config: pytest.Config) -> None:
    kept = rewrite.get_cache_dir(path) / f"{path.stem}{rewrite.PYC_TAIL}"
    if not _is_of(path, kept) and rewrite.try_makedirs(kept.parent):
        own_hash, code = rewrite._rewrite_test(path, config)
        rewrite._write_pyc(config.stash[rewrite.assertstate_key], code, own_hash, kept)


def _is_of(path: Path, kept: Path) -> bool:
    """Whether what is kept was made of that file as it is; its code is not loaded for that."""
    with suppress(OSError), kept.open("rb") as file:
        return file.read(16) == MAGIC_NUMBER + HASHED + source_hash(path.read_bytes())
    return False
