"""With a certificate of its own the API speaks TLS, and nothing else on that port."""

import ssl

import httpx2
import pytest

from tests.support.certificate import self_signed
from tests.support.waiting import eventually


def test_the_api_is_served_with_the_certificate_of_the_settings(start_server, tmp_path):
    certificate, key = self_signed(tmp_path)
    server = start_server(ENERGY_MANAGER_API__TLS_CERTIFICATE=str(certificate), ENERGY_MANAGER_API__TLS_KEY=str(key))
    server.wait_until_serving()
    assert server.url.startswith("https://127.0.0.1:")
    trusting = ssl.create_default_context(cafile=certificate)
    with httpx2.Client(base_url=server.url, verify=trusting, timeout=60) as client:
        assert eventually(lambda: client.get("/healthz").status_code == 200, within_s=60)
        assert client.get("/api/v1/me").json()["role"] == "admin"
    with httpx2.Client(base_url=server.url, timeout=60) as client, pytest.raises(httpx2.ConnectError):
        client.get("/healthz")
    plain = server.url.replace("https", "http")
    with httpx2.Client(base_url=plain, timeout=60) as client, pytest.raises(httpx2.RemoteProtocolError):
        client.get("/healthz")
