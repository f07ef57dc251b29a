"""What tests need of Debian is installed where it is missing, and a test that lacks it says so."""

import os
import subprocess

import pytest

from tests.support.installed import PACKAGES, missing, program
from tests.support.product import ROOT

PROGRAMS = {
    "dpkg-query": '[[ " $INSTALLED " == *" $3 "* ]] && echo -n installed',
    "apt-get": 'echo "$*" >> "$ASKED"',
    "id": 'echo "$USER_ID"',
}


@pytest.fixture
def machine(tmp_path):
    """A machine with these packages: what apt-get is asked for, and what people are told."""
    for name, does in PROGRAMS.items():
        (tmp_path / name).write_text(f"#!/bin/bash\n{does}\n")
        (tmp_path / name).chmod(0o755)
    (tmp_path / "asked").touch()

    def provide(installed, *, user_id):
        settings = {"INSTALLED": " ".join(installed), "ASKED": str(tmp_path / "asked"), "USER_ID": str(user_id)}
        ended = subprocess.run(
            [str(ROOT / ".ci" / "packages")],
            check=False,
            capture_output=True,
            text=True,
            env=settings | {"PATH": f"{tmp_path}{os.pathsep}{os.defpath}"},
        )
        assert ended.returncode == 0, ended.stderr
        return (tmp_path / "asked").read_text().splitlines(), ended.stderr

    return provide


def test_where_nothing_is_missing_nobody_is_asked(machine):
    assert machine(PACKAGES, user_id=0) == ([], "")


def test_what_is_missing_and_no_more_is_installed_after_one_update(machine):
    (update, install), told = machine(PACKAGES - {"chromium", "mosquitto"}, user_id=0)
    assert update.split()[0] == "update"
    assert install.split()[0] == "install"
    assert [word for word in install.split() if word in PACKAGES] == ["chromium", "mosquitto"]
    assert told == ""


def test_who_is_not_root_is_told_what_to_install(machine):
    asked, told = machine(PACKAGES - {"chromium"}, user_id=1000)
    assert asked == []
    assert told == "missing for some tests; as root: apt-get install chromium\n"


@pytest.mark.parametrize(("ci", "outcome"), [("", pytest.skip.Exception), ("true", pytest.fail.Exception)])
def test_a_test_that_lacks_something_is_skipped_but_fails_in_ci(monkeypatch, ci, outcome):
    monkeypatch.setenv("CI", ci)
    with pytest.raises(outcome, match="there is no nobrowser: apt-get install chromium"):
        program("nobrowser", package="chromium")


def test_a_test_may_only_lack_what_would_be_installed():
    with pytest.raises(AssertionError, match=r"emacs is not in requirements/debian\.txt"):
        missing("editor", package="emacs")


def test_what_cannot_be_installed_is_named_and_the_tests_decide(machine, tmp_path):
    (tmp_path / "apt-get").write_text("#!/bin/bash\nexit 100\n")
    _, told = machine(PACKAGES - {"chromium"}, user_id=0)
    assert told == "not installed: chromium\n"
