"""The product on a site of two recorded devices, with its API, as a client and commands on its store meet it."""

from __future__ import annotations

import httpx2

from tests.support.product import site_text
from tests.support.waiting import eventually

SITE = site_text({"ok-1": 100, "ok-2": 50})
WITH_API = {"ENERGY_MANAGER_API__PORT": "0"}


class Running:
    """A loop ten times faster than life, with its API; what it prints goes to a file that can be read meanwhile."""

    def __init__(self, product, site=SITE):
        self.product = product
        self.site = site

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.client.close()
        self.product.clean_up()

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.client.close()

    def start(self):
        self.log = self.product.folder / "log"
        with self.log.open("wb") as log:
            self.process = self.product.start("run", site=self.site, stderr=log, **WITH_API)
        assert eventually(lambda: "/docs" in self.log.read_text() and self.product.entries(), within_s=60)
        url = self.log.read_text().partition("documentation at ")[2].partition("/docs")[0]
        self.client = httpx2.Client(base_url=url, timeout=60)
        assert eventually(lambda: self.client.get("/readyz").status_code == 200, within_s=60), "the store is there"

    def targets(self, asset):
        return [int(entry.value) for entry in self.product.entries() if (entry.kind, entry.asset) == ("set", asset)]

    def is_told(self, target, asset="ok-1"):
        return eventually(lambda: self.targets(asset)[-1:] == [target], within_s=60)

    def put(self, name, body):
        response = self.client.put(f"/api/v1/schedules/{name}", json=body)
        assert response.status_code == 200, response.text
        return response.json()

    def told_since(self, at_s, asset):
        told = [entry for entry in self.product.entries() if (entry.kind, entry.asset) == ("set", asset)]
        return [int(entry.value) for entry in told if entry.at_s > at_s]

    def command(self, *arguments):
        return self.product.end(self.product.start(*arguments, keep_record=True), within_s=60)
