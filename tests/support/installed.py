"""What tests need of the machine: Debian packages, listed in ``requirements/debian.txt``.

Where one is missing, ``.ci/run`` installs it; a test that needs it skips with a line that says how, and fails in CI.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import NoReturn

import pytest

PACKAGES = frozenset((Path(__file__).parents[2] / "requirements" / "debian.txt").read_text().split())


def missing(what: str, *, package: str) -> NoReturn:
    """Skip the test, for this machine has no such thing; in CI fail it."""
    assert package in PACKAGES, f"{package} is not in requirements/debian.txt"
    sentence = f"there is no {what}: apt-get install {package}"
    if os.environ.get("CI") == "true":
        pytest.fail(sentence, pytrace=False)
    pytest.skip(sentence)


def program(*names: str, package: str, folders: tuple[Path, ...] = ()) -> Path:
    """The first of these programs that is on the path, in Debian's folder for servers or in one of these folders."""
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", *map(str, folders)])
    for name in names:
        found = shutil.which(name, path=path)
        if found is not None:
            return Path(found)
    missing(names[0], package=package)
