"""Two loops on one store never command the same devices."""

from __future__ import annotations

import pytest

from tests.support.product import Product, site_text
from tests.support.waiting import eventually

SITE = site_text({"ok-1": 100})


@pytest.fixture
def product(tmp_path):
    product = Product(tmp_path)
    yield product
    product.clean_up()


def is_told(product):
    return any(entry.kind == "set" for entry in product.entries())


def test_a_second_loop_is_refused_with_one_sentence_and_a_dead_one_is_succeeded_at_once(product):
    first = product.start("run", "--no-api", site=SITE)
    assert eventually(lambda: is_told(product), within_s=60)
    second = product.end(product.start("run", "--no-api", "--takeover", site=SITE, keep_record=True), within_s=60)
    assert second.code == 2
    (line,) = second.err.strip().splitlines()
    assert f"process {first.pid} on " in line
    assert line.endswith("commands the site 'test' already: stop it first")
    assert "commands this site now" in product.end(product.start("check", site=SITE, keep_record=True)).out
    first.kill()
    first.wait()
    product.record.unlink()
    third = product.start("run", "--no-api", "--for", "2", site=SITE)
    assert eventually(lambda: is_told(product), within_s=60)
    assert product.end(third).code == 0
    # Given back at the end: the next one finds it free.
    assert product.run("--for", "1", site=SITE).code == 0


def test_a_store_of_another_site_is_refused_naming_both(product):
    assert product.run("--for", "1", site=SITE).code == 0
    other = product.run("--for", "1", site=SITE.replace('name = "test"', 'name = "school"'))
    assert other.code == 2
    assert "the store belongs to the site 'test', not to 'school'" in other.err
    assert not is_told(product)
