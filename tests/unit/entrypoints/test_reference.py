"""The reference pages say what the product's own models say."""

import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def pages():
    return runpy.run_path(str(ROOT / "docs" / "generate_reference.py"))["pages"]()


@pytest.mark.parametrize("name", ["settings.md", "http.md", "metrics.md", "site-file.md"])
def test_the_page_is_what_make_reference_would_write(pages, name):
    assert (ROOT / "docs" / "reference" / name).read_text() == pages[name], "run: make reference"
