"""The files of a beginning: all of them or none, and never over another."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from getpass import getuser
from pathlib import Path
from shlex import quote

from energy_manager.domain.errors import Fault, Refused
from energy_manager.entrypoints.init.answers import Answers, Reach, Start, Template

SITE_FILE, ENV_FILE, SERVICE, COMPOSE = "site.toml", ".env", "energy-manager.service", "compose.yaml"
TEMPLATES = Path(__file__).parent / "templates"
OWNER_ONLY, EVERYBODY = 0o600, 0o644

_SERVICE = """\
# Copy it to /etc/systemd/system, then: systemctl daemon-reload && systemctl enable --now energy-manager
[Unit]
Description=energy_manager, site {name}
Wants=network-online.target
After=network-online.target

[Service]
# It says that it is ready with its first tick, and at each tick that it lives: a loop that hangs is started again.
Type=notify
WatchdogSec=10
TimeoutStartSec=90
Restart=always
RestartSec=1
User={user}
WorkingDirectory={folder}
EnvironmentFile={folder}/.env
ExecStart="{program}" run --site "{site}"
# What is stored is in /var/lib/energy-manager.
StateDirectory=energy-manager
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=read-only
PrivateTmp=yes

[Install]
WantedBy=multi-user.target
"""

_COMPOSE = """\
# The image is built in a clone of the product: docker build -t energy-manager .
services:
  energy-manager:
    image: energy-manager
    command: ["run", "--site", "/site/site.toml"]
    env_file: .env
    environment:
      ENERGY_MANAGER_API__HOST: 0.0.0.0   # inside the container; who gets there is said by ports
      ENERGY_MANAGER_SITE: /site/site.toml   # for commands in the container
    ports:
      - "{published}:8888"
    volumes:
      - .:/site:ro
      - store:/var/lib/energy-manager
    restart: unless-stopped
    stop_grace_period: 15s
volumes:
  store:
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """What was written, the three commands that come next in this order, and what else is to be known of them."""

    written: tuple[str, ...]
    commands: tuple[str, ...]
    elsewhere: str


def look_at(folder: Path) -> None:
    """Look whether the files could be written, before anything is asked.

    Raises:
        Refused: some are there already, or none could be written.
    """
    _refuse_to_overwrite(folder, (SITE_FILE, ENV_FILE))
    there = next(place for place in (folder.resolve(), *folder.resolve().parents) if place.exists())
    if not there.is_dir():
        raise Refused.at(str(folder), f"cannot be made: {there} is no folder")
    if not os.access(there, os.W_OK | os.X_OK):
        raise Refused.at(str(folder), f"cannot be written: {there} is not yours to write")


def begin(folder: Path, answers: Answers) -> Begun:
    """Write the files.

    Raises:
        Refused: a file is there already, or cannot be written; nothing was written.
    """
    files = _files(folder.resolve(), answers)
    _refuse_to_overwrite(folder, files)
    written: list[Path] = []
    is_new = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, (content, mode) in files.items():
            descriptor = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
            written.append(folder / name)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(content)
    except OSError as error:
        for path in written:
            path.unlink(missing_ok=True)
        if is_new and folder.is_dir():
            folder.rmdir()
        raise Refused.at(str(folder), f"cannot be written: {error.strerror}") from None
    commands, elsewhere = _next(folder, answers)
    return Begun(written=tuple(str(folder / name) for name in files), commands=commands, elsewhere=elsewhere)


def _refuse_to_overwrite(folder: Path, names: Iterable[str]) -> None:
    there = [name for name in names if (folder / name).exists()]
    if there:
        message = f"is in {folder} already, and nothing is overwritten: choose another folder"
        raise Refused([Fault(field=name, message=message) for name in there])


def _files(folder: Path, answers: Answers) -> Mapping[str, tuple[str, int]]:
    """The content of each file by its name, and who may read it."""
    site = (TEMPLATES / f"{answers.template}.toml").read_text(encoding="utf-8")
    values = {
        "name": _quoted(answers.name),
        "time_zone": _quoted(answers.time_zone),
        "import_limit_kw": f"{answers.import_limit_kw:g}",
    }
    for key, value in values.items():
        site = site.replace(f"{{{key}}}", value)
    files = {SITE_FILE: (site, EVERYBODY), ENV_FILE: (_environment(answers), OWNER_ONLY)}
    if answers.template is Template.PLANTS:
        files["schedule.csv"] = ((TEMPLATES / "schedule.csv").read_text(encoding="utf-8"), EVERYBODY)
    if answers.start is Start.SYSTEMD:
        files[SERVICE] = (_unit(folder, answers.name), EVERYBODY)
    if answers.start is Start.COMPOSE:
        published = "8888" if answers.reach is Reach.NETWORK else "127.0.0.1:8888"
        files[COMPOSE] = (_COMPOSE.format(published=published), EVERYBODY)
    return files


def _unit(folder: Path, name: str) -> str:
    """The unit: a percent sign is doubled there, and what is run stands in quotes, in which a dollar sign is too."""
    program = shutil.which("energy-manager") or str(Path(sys.executable).with_name("energy-manager"))
    site = str(folder / SITE_FILE).replace("\\", "\\\\").replace('"', '\\"').replace("$", "$$")
    said = {"name": name, "user": getuser(), "folder": str(folder), "program": program, "site": site}
    return _SERVICE.format(**{key: value.replace("%", "%%") for key, value in said.items()})


def _quoted(text: str) -> str:
    """A basic string of TOML, which JSON's strings are too."""
    return json.dumps(text, ensure_ascii=False)


def _environment(answers: Answers) -> str:
    lines = [
        "# Settings of energy_manager; .env.example of the product has all of them. Keep this file to yourself.",
        "# The site of every command that is typed in this folder and names no other one.",
        f"ENERGY_MANAGER_SITE={SITE_FILE}",
        "# Who says this token may see the site and change what it does.",
        f"ENERGY_MANAGER_API__TOKEN={secrets.token_urlsafe(32)}",
    ]
    if answers.reach is Reach.NETWORK and answers.start is not Start.COMPOSE:
        lines.append("ENERGY_MANAGER_API__HOST=0.0.0.0")
    return "".join(f"{line}\n" for line in lines)


def _next(folder: Path, answers: Answers) -> tuple[tuple[str, ...], str]:
    """The commands to type one after the other, and where the last one is to be typed."""
    is_here = folder.resolve() == Path.cwd()
    check = "energy-manager check"
    first = check if is_here else f"cd {quote(str(folder))} && {check}"
    status = "energy-manager status"
    if answers.start is Start.HAND:
        elsewhere = f"cd {quote(str(folder.resolve()))} && {status}"
        return (first, "energy-manager run", elsewhere), "the last one in another terminal"
    start = {
        Start.SYSTEMD: f"sudo cp {SERVICE} /etc/systemd/system/ && sudo systemctl enable --now energy-manager",
        Start.COMPOSE: "docker compose up --detach",
    }[answers.start]
    image = "the image is built in a clone of the product: docker build -t energy-manager ."
    log = "what it logs: journalctl --unit energy-manager"
    return (first, start, status), image if answers.start is Start.COMPOSE else log
