"""The book when its database is away, damaged, busy, or of a newer version."""

import sqlite3

import pytest

from energy_manager.adapters.fleet.book.sql import SqlFleetBook
from energy_manager.adapters.storage.sql import SqlStore
from energy_manager.application.ports.schedules.durability import StoreUnavailable


def test_a_database_that_is_away_is_said_and_nothing_is_lost_when_it_is_back(tmp_path):
    (tmp_path / "folder").write_text("in the way")
    book = SqlFleetBook(f"sqlite:///{tmp_path}/folder/book.db", patience_s=0.1)
    with pytest.raises(StoreUnavailable):
        book.take_lease("one", lives_s=60)
    (tmp_path / "folder").unlink()
    assert book.take_lease("one", lives_s=60) is not None
    book.close()


def test_a_book_of_a_newer_version_is_left_alone(tmp_path):
    path = tmp_path / "book.db"
    book = SqlFleetBook(f"sqlite:///{path}", patience_s=0.1)
    book.offers()
    book.close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE fleet_revision SET number = 99")
    connection.close()
    with pytest.raises(StoreUnavailable, match="revision 99, this version of the product knows 1"):
        book.offers()
    book.close()


def test_it_stands_beside_the_tables_of_the_store_in_one_database(tmp_path):
    url = f"sqlite:///{tmp_path}/store.db"
    store, book = SqlStore(url), SqlFleetBook(url, patience_s=30)
    assert store.open(timeout_s=30).trouble == ""
    epoch = book.take_lease("one", lives_s=60)
    store.repository.put_document("token", "ann", {"role": "operator"})
    book.keep(epoch)
    assert store.repository.document("token", "ann") is not None
    store.close()
    again = SqlStore(url)
    assert again.open(timeout_s=30).trouble == ""
    again.close()
    book.close()
