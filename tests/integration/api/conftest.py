from contextlib import contextmanager

import pytest

from tests.support.server import Server


@pytest.fixture(scope="session")
def anyio_backend():
    return "asyncio"


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """One server for all who do it no harm; whatever it was asked, it must have ticked on and thrown nothing."""
    settings = {"ENERGY_MANAGER_API__MAX_BODY_MB": "8", "ENERGY_MANAGER_PRODUCTION__TIME_LIMIT_S": "50"}
    server = Server(tmp_path_factory.mktemp("server"), **settings)
    try:
        server.wait_until_ready()
        yield server
        closing_line = server.end()
    finally:
        server.clean_up()
    assert "Traceback" not in server.err
    assert ", skipped 0, " in closing_line


@pytest.fixture(scope="session")
def client(server):
    with server.client() as client:
        yield client


@pytest.fixture
def start_server(tmp_path):
    """Start a server of the test's own, with these settings."""
    with _servers(tmp_path) as start:
        yield start


@pytest.fixture(scope="module")
def start_servers(tmp_path_factory):
    """Start a server for all tests of a module."""
    with _servers(tmp_path_factory.mktemp("servers")) as start:
        yield start


@contextmanager
def _servers(folder):
    servers = []

    def start(*, site=None, **settings):
        its_folder = folder / str(len(servers))
        its_folder.mkdir()
        path = None
        if site is not None:
            path = its_folder / "site.toml"
            path.write_text(site)
        servers.append(Server(its_folder, site=path, **settings))
        return servers[-1]

    try:
        yield start
    finally:
        for server in servers:
            server.clean_up()
