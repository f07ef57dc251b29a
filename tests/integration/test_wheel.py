"""What ``pip install`` of the built wheel gives: the command line, and no module of a name that others may have."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.support.product import ROOT

UV = ROOT / ".tools" / "bin" / "uv"


def bring_compiled(environment):
    """Libraries as this environment has compiled them; Python looks whether they fit, and compiles where not.

    It is half of what the first command would cost.
    """
    (libraries,) = environment.glob("lib/python*/site-packages")
    here = Path(sysconfig.get_paths()["purelib"])
    for package in libraries.iterdir():
        if package.is_dir() and not package.name.startswith("energy_manager"):
            for compiled in (here / package.name).rglob("__pycache__"):
                its_folder = libraries / compiled.parent.relative_to(here)
                if its_folder.is_dir():
                    shutil.copytree(compiled, its_folder / "__pycache__", dirs_exist_ok=True)


def test_the_wheel_runs_the_demo_in_an_environment_of_its_own(tmp_path):
    if not UV.exists():
        pytest.skip("there is no uv: make .tools/bin/uv")
    not_ours = ("ENERGY_MANAGER_", "PYTHON", "VIRTUAL_ENV")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(not_ours)}

    def ran(*command):
        ended = subprocess.run(
            list(map(str, command)), cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert ended.returncode == 0, ended.stderr
        return ended.stdout + ended.stderr

    pinned = ("--require-hashes", "-r", ROOT / "requirements" / "run.txt")
    python, build = ("--python", tmp_path / "venv"), ("--build-constraints", ROOT / "requirements" / "build.txt")
    ran(UV, "build", "--quiet", "--wheel", "--out-dir", tmp_path, *build, "--python", sys.executable, ROOT)
    ran(UV, "venv", "--quiet", "--python", sys.executable, tmp_path / "venv")
    ran(UV, "pip", "install", "--quiet", *python, *pinned)
    ran(UV, "pip", "install", "--quiet", *python, "--no-deps", *tmp_path.glob("*.whl"))
    bring_compiled(tmp_path / "venv")
    environment |= {"ENERGY_MANAGER_STORE__URL": f"sqlite:///{tmp_path / 'store.db'}", "ENERGY_MANAGER_API__PORT": "0"}
    told = ran(tmp_path / "venv" / "bin" / "energy-manager", "run", "--for", "0.1")
    assert re.search(r"total \d+ of 500 kW", told), "a simulated device may fail at its first read, and then lacks"
    assert "the site on a page at http://127.0.0.1:" in told
    top_level = {path.name for path in (tmp_path / "venv").glob("lib/python*/site-packages/*")}
    assert "energy_manager" in top_level
    assert "shared" not in top_level
