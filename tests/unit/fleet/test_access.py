"""What the settings of a fleet must be like, and how the file of a key is read."""

import pytest

from energy_manager.adapters.fleet.nats.users import new_key
from energy_manager.domain.errors import Refused
from energy_manager.domain.site import PlanningSite
from energy_manager.entrypoints.check import describe
from energy_manager.entrypoints.container.fleet.access import access_of
from energy_manager.entrypoints.fleet import fleet_access
from energy_manager.entrypoints.fleet.fleet_access import assets_in_fleet, faults_of, refuse_without_client, seed_in
from energy_manager.entrypoints.settings import FleetSettings, load_settings


def said(*, url="", site=""):
    return [fault.message for fault in faults_of(url, site)]


@pytest.mark.parametrize("url", ["", "tls://nats.example.org:4222", "nats://127.0.0.1:4222", "nats://localhost"])
def test_a_url_may_leave_the_machine_with_encryption_only(url):
    assert said(url=url, site="north") == []


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("nats://10.0.0.1:4222", "leaves this machine without encryption: tls://10.0.0.1:4222 is needed"),
        ("http://127.0.0.1", "is no URL like tls://host:4222"),
        ("4222", "is no URL"),
        ("tls://me:secret@host", "without user and password"),
    ],
)
def test_any_other_url_is_refused_with_a_sentence(url, sentence):
    (message,) = said(url=url)
    assert sentence in message
    assert "secret" not in message


def test_a_site_name_that_means_something_in_a_subject_is_refused():
    assert "letters, digits" in said(site="a.b")[0]


def test_the_settings_refuse_them_by_name(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ENERGY_MANAGER_FLEET__URL", "nats://10.0.0.1")
    with pytest.raises(Refused, match="ENERGY_MANAGER_FLEET__URL"):
        load_settings()


def test_a_key_is_one_line_of_a_file(tmp_path):
    file = tmp_path / "north.nk"
    file.write_text("SUAB23\n")
    assert seed_in(str(file)) == "SUAB23"
    assert seed_in("") == ""


def test_a_key_that_is_damaged_or_cut_off_is_refused_and_not_quoted(tmp_path):
    file = tmp_path / "north.nk"
    settings = FleetSettings(url="nats://127.0.0.1:1", credentials=str(file))
    seed, _ = new_key()
    file.write_text(f"{seed}\n")
    assert access_of(settings).seed == seed
    for damaged in (seed[:-1], seed[:30] + ("A" if seed[30] != "A" else "B") + seed[31:], "SU123"):
        file.write_text(damaged)
        with pytest.raises(Refused, match=r"ENERGY_MANAGER_FLEET__CREDENTIALS: the key .* is damaged") as refused:
            access_of(settings)
        assert damaged not in str(refused.value)


@pytest.mark.parametrize("text", [b"", b"UAB", b"SU A", b"\xff", None])
def test_a_file_without_a_key_is_refused_and_not_quoted(tmp_path, text):
    file = tmp_path / "north.nk"
    if text is not None:
        file.write_bytes(text)
    with pytest.raises(Refused, match="ENERGY_MANAGER_FLEET__CREDENTIALS"):
        seed_in(str(file))


def test_a_client_that_is_not_installed_is_said_with_what_installs_it(monkeypatch):
    refuse_without_client()
    monkeypatch.setattr(fleet_access, "find_spec", lambda name: None)
    with pytest.raises(Refused, match=r"pip install 'energy-manager\[fleet\]'"):
        refuse_without_client()


SITE = PlanningSite(controllable=("battery", "heat"))


def test_orders_are_for_the_assets_that_the_settings_name_or_for_all_that_take_targets():
    assert assets_in_fleet("north", " battery , ", SITE) == ("battery",)
    assert assets_in_fleet("north", "", SITE) == ("battery", "heat")


def test_a_site_without_a_name_and_an_asset_that_is_not_there_are_refused_together():
    with pytest.raises(Refused) as refused:
        assets_in_fleet("", "batery", SITE)
    assert [fault.field for fault in refused.value.faults] == [
        "ENERGY_MANAGER_FLEET__SITE", "ENERGY_MANAGER_FLEET__ASSETS",
    ]  # fmt: skip
    assert "did you mean 'battery'" in str(refused.value)


def test_check_says_which_fleet_the_site_belongs_to_and_what_is_wrong_with_that(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ENERGY_MANAGER_STORE__URL", "memory:")
    monkeypatch.setenv("ENERGY_MANAGER_FLEET__URL", "nats://127.0.0.1:4222")
    with pytest.raises(Refused, match="ENERGY_MANAGER_FLEET__SITE: is missing"):
        list(describe(None))
    monkeypatch.setenv("ENERGY_MANAGER_FLEET__SITE", "north")
    monkeypatch.setenv("ENERGY_MANAGER_FLEET__ASSETS", "asset_1,asset_2")
    lines = list(describe(None))
    assert "fleet: site north of the centre behind nats://127.0.0.1:4222, without a key" in lines
    assert "  orders from there for asset_1, asset_2, of authority activation; each ends by itself" in lines
