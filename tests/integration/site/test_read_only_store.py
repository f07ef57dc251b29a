"""A store that may be read and not written is still a record, and its schedules are followed."""

import json

import pytest

from tests.support.product import Product, site_text

SITE = site_text({"ok-1": 100})


@pytest.fixture
def product(tmp_path):
    product = Product(tmp_path)
    product.store_url = f"sqlite:///{tmp_path / 'store' / 'store.db'}"
    yield product
    (tmp_path / "store").chmod(0o700)
    product.clean_up()


def run(product, *arguments):
    """A command of somebody who may not write."""
    return product.end(product.start(*arguments, is_held_to_modes=True), within_s=60)


def test_its_schedules_are_followed_and_its_record_can_be_read(product):
    assert product.run("--for", "2", site=SITE).code == 0
    blocks = [{"start": "2020-01-01T00:00:00Z", "end": "2100-01-01T00:00:00Z", "targets": {"ok-1": 7}}]
    (product.folder / "plan.json").write_text(json.dumps({"blocks": blocks}))
    assert product.end(product.start("schedule", "put", "old", str(product.folder / "plan.json"))).code == 0
    (product.folder / "store" / "store.db").chmod(0o400)
    (product.folder / "store").chmod(0o500)
    assert run(product, "schedule", "list").out.startswith("old ")
    assert "100 kW" in run(product, "explain", "ok-1").out
    assert "no difference" in run(product, "replay", "--from", "-1h").out
    ended = run(product, "run", "--no-api", "--for", "2", "--site", str(product.folder / "site.toml"))
    assert ended.code == 0
    assert ended.targets("ok-1")[-1] == 7
