"""With a certificate of its own the API speaks TLS, and nothing else on that port."""

import shutil
import ssl
import subprocess

import httpx2
import pytest

from tests.support.waiting import eventually


@pytest.mark.skipif(shutil.which("openssl") is None, reason="makes a certificate: install openssl")
def test_the_api_is_served_with_the_certificate_of_the_settings(start_server, tmp_path):
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    files = ["-keyout", str(key), "-out", str(certificate)]
    name = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run(["openssl", "req", "-x509", *curve, *files, *name], check=True, capture_output=True)
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
