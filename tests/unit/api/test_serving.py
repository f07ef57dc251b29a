"""The address is taken when the server is made; an address that cannot be had is refused by the setting at fault."""

import contextlib
import socket

import pytest
from fastapi import FastAPI

from energy_manager.domain.errors import Refused
from energy_manager.entrypoints.api.operation.serving import Address, ApiServer, connections_of


def server_on(host, port):
    connections = connections_of(most=8, most_of_a_client=8, reverse_proxy="")
    return ApiServer(FastAPI(), Address(host=host, port=port), connections)


@contextlib.contextmanager
def serving(host):
    server = server_on(host, 0)
    try:
        yield server
    finally:
        server.close()


def test_any_free_port_is_found_and_told():
    with serving("127.0.0.1") as one, serving("127.0.0.1") as other:
        assert one.url.startswith("http://127.0.0.1:")
        assert one.url != other.url


def test_an_address_of_version_6_is_told_in_brackets():
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6: run the tests where it is enabled")
    with serving("::1") as server:
        assert server.url.startswith("http://[::1]:")


def test_a_port_that_is_taken_is_the_ports_fault():
    with serving("127.0.0.1") as first:
        port = int(first.url.rpartition(":")[2])
        with pytest.raises(Refused) as refused:
            server_on("127.0.0.1", port)
    (fault,) = refused.value.faults
    assert fault.field == "ENERGY_MANAGER_API__PORT"
    assert fault.message == (
        f"cannot listen on 127.0.0.1:{port}: Address already in use; choose another port, or run with --no-api"
    )


@pytest.mark.parametrize("host", ["192.0.2.1", "no.such.host.invalid", "x" * 80 + ".invalid", "a..b", "é" * 70, ":"])
def test_a_host_that_is_not_ours_is_the_hosts_fault(host):
    with pytest.raises(Refused) as refused:
        server_on(host, 0)
    (fault,) = refused.value.faults
    assert fault.field == "ENERGY_MANAGER_API__HOST"
    assert fault.message.startswith(f"cannot listen on {host}:0: ")
    assert fault.message.endswith("; choose another host, or run with --no-api")


def test_a_certificate_that_cannot_be_used_is_refused_before_anything_is_served(tmp_path):
    no_pem = tmp_path / "cert.pem"
    no_pem.write_text("no certificate")
    for certificate in (str(no_pem), str(tmp_path / "gone.pem")):
        address = Address(host="127.0.0.1", port=0, tls_certificate=certificate, tls_key=certificate)
        with pytest.raises(Refused) as refused:
            ApiServer(FastAPI(), address, connections_of(most=8, most_of_a_client=8, reverse_proxy=""))
        (fault,) = refused.value.faults
        assert fault.field == "ENERGY_MANAGER_API__TLS_CERTIFICATE"
        assert fault.message.startswith(f"{certificate} and {certificate} cannot be used: ")
