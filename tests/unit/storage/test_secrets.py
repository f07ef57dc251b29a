"""A password in a database's URL is seen by the driver and by nobody else."""

import stat
from pathlib import Path

import pytest

from energy_manager.adapters.storage import store_at
from energy_manager.adapters.storage.sql.databases import database_at
from energy_manager.domain.errors import Refused

SECRET = "hunter2"


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://ems:{SECRET}@127.0.0.1:1/ems",
        f"postgresql://127.0.0.1:1/ems?user=ems&password={SECRET}",
        f"postgresql://127.0.0.1:1/ems?sslpassword={SECRET}",
    ],
)
def test_the_name_of_a_database_and_its_troubles_have_no_password(url):
    pytest.importorskip("psycopg")
    database = database_at(url)
    assert SECRET not in database.name
    assert "127.0.0.1:1/ems" in database.name
    assert SECRET not in database.understand(Exception(f"no connection with {url}")).reason


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql//ems:{SECRET}@host/ems",
        f"postgresql://ems:{SECRET}@host:port/ems",
        f"mysql://ems:{SECRET}@host/ems",
        f"mysql://host/ems?password={SECRET}",
        f"sqlite:///store.db?password={SECRET}",
    ],
)
def test_a_url_that_is_refused_is_not_told_with_its_password(url):
    with pytest.raises(Refused) as refused:
        database_at(url)
    assert SECRET not in str(refused.value)


def test_a_store_is_its_owners_alone_and_so_is_one_that_was_not(tmp_path):
    path = tmp_path / "energy-manager" / "store.db"
    for _ in range(2):
        store = store_at(f"sqlite:///{path}")
        assert store.open().is_reachable
        for each in path.parent.iterdir():
            assert stat.S_IMODE(each.stat().st_mode) == 0o600, each
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        store.close()
        path.chmod(0o644)
        path.parent.chmod(0o755)


def test_other_folders_are_left_as_they_are(tmp_path):
    folder = tmp_path / "shared"
    folder.mkdir(mode=0o755)
    Path(folder).chmod(0o755)
    store = store_at(f"sqlite:///{folder / 'store.db'}")
    store.open()
    store.close()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o755
