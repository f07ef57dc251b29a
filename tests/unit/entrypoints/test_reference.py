"""The reference pages say what the product's own models say."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A folder with the pages as they would be written now, by a process of its own: it runs the loop for a moment."""
    folder = tmp_path_factory.mktemp("reference")
    command = [sys.executable, ROOT / "docs" / "generate_reference.py", folder]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=60)
    return folder


@pytest.mark.parametrize("name", ["settings.md", "http.md", "metrics.md", "site-file.md"])
def test_the_page_is_what_make_reference_would_write(written, name):
    assert (ROOT / "docs" / "reference" / name).read_text() == (written / name).read_text(), "run: make reference"
