"""Every command of the guides, one after the other, as a person in their first hour types them."""

import os
import shutil
import subprocess

import pytest

from tests.support.forked import requests, shell_command
from tests.support.modbus_peers import free_port
from tests.support.product import ROOT

SAID = {
    "user-guide.md": [
        "did you mean power_unit?",
        "exit code 2",
        "accepted: mine   manual   ",
        '{"name":"wind","p":90.0},{"name":"gas","p":390.0}',
        "asset_2 was told",
        "flexibility:",
        "no difference in ",
        "devices: 3 of 3 answer",
        "released                measures 0 W",
    ],
    "how-to/add-a-device.md": [
        "devices: 3 of 3 answer, 1 warning, 0 faults",
        "battery: falls back by itself, at the latest 30 s after the last write",
        "told to take 1500 W     takes 1500 W",
        "released                measures 0 W",
    ],
}
"""What the commands of each guide must have said."""


def commands(guide):
    """The blocks marked as ``sh``, each with its line."""
    block, starts_at, blocks = None, 0, []
    for number, line in enumerate((ROOT / "docs" / guide).read_text().splitlines(), start=1):
        if line == "```sh":
            block, starts_at = [], number
        elif line == "```" and block is not None:
            blocks.append((starts_at, "\n".join(block)))
            block = None
        elif block is not None:
            block.append(line)
    return blocks


@pytest.mark.parametrize("guide", list(SAID))
def test_every_command_of_the_guide_works(guide, tmp_path):
    # A checkout of one's own, so that nothing the guide writes ends up in this one.
    for name in ("src", "shared"):
        (tmp_path / name).symlink_to(ROOT / name)
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    port = str(free_port())
    example = tmp_path / "examples" / "real_site.toml"
    example.write_text(example.read_text().replace("5020", port))
    ours = {name: value for name, value in os.environ.items() if not name.startswith("ENERGY_MANAGER_")}
    environment = ours | {
        "PATH": f"{shell_command(tmp_path / 'bin')}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
        "HOME": str(tmp_path),
        "XDG_DATA_HOME": "",
    }
    blocks = commands(guide)
    assert len(blocks) >= 7
    script = "trap 'kill $(jobs -p) 2> /dev/null || true' EXIT\n"
    script += "\n".join(f"echo '--- line {number}'\n{block}" for number, block in blocks)
    # A person has more patience than a test: the loop runs eight times as fast, and for as many ticks.
    environment |= {"ENERGY_MANAGER_DISPATCH__PERIOD_S": "0.25", "ENERGY_MANAGER_DISPATCH__STATUS_PERIOD_S": "1.25"}
    script = script.replace("5020", port).replace("5021", port)
    script = script.replace("--for 10", "--for 1.25").replace("--for 4", "--for 0.5")
    ended = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        check=False,
        cwd=tmp_path,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        pass_fds=[requests().fileno()],
    )
    assert ended.returncode == 0, ended.stdout
    assert "Traceback" not in ended.stdout
    for said in SAID[guide]:
        assert said in ended.stdout, said
