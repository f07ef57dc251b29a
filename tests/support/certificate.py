"""A certificate for this machine's loopback address, of nobody's making but ours."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.support.installed import program


def self_signed(folder: Path, *addresses: str) -> tuple[Path, Path]:
    """The certificate and its key, for 127.0.0.1 and more addresses; skips without openssl."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    files = ["-keyout", str(key), "-out", str(certificate)]
    names = ",".join(f"IP:{address}" for address in ("127.0.0.1", *addresses))
    name = ["-subj", "/CN=localhost", "-addext", f"subjectAltName={names}"]
    openssl = str(program("openssl", package="openssl"))
    subprocess.run([openssl, "req", "-x509", *curve, *files, *name], check=True, capture_output=True)
    return certificate, key
