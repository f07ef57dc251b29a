"""README, guides and examples typed word by word in a fresh clone, on one store, in terminals of 80 columns."""

import os
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from tests.support.guides import commands, header_commands
from tests.support.modbus_peers import free_port
from tests.support.product import ROOT
from tests.support.typist import Terminal

pytestmark = pytest.mark.typed

COLUMNS = 80

PRODUCT = r"^(?:[A-Z_]+=\S+ )*(?:make (?:run|fleet)|(?:\S*/)?energy-manager run(?!.*--for))"
SIMULATOR = re.compile(r"^(?:\S*/)?energy-manager devices simulate[^&]*$")
GOES_ON = re.compile(PRODUCT)
"""What goes on until it is ended stays in a terminal of its own; the others are typed beside it."""

NOT_TYPED = {
    "make test": "this is one of its tests",
    "docker": "there is no daemon on every machine",
}

PROMISES = {
    "make run SITE=examples/peak_shaving.toml": r"import limit: battery [1-9](.|\n)*returning: battery",
    "make run SITE=examples/appliances.toml": r"Car is paused(.|\n)*kettle takes 2000",
    "make run SITE=examples/home_battery.toml": r"accepted, battery(.|\n)*home_battery [1-9]\d\d   kettle takes 2000",
    "make run SITE=examples/planned_battery.toml": r"import limit: battery [1-9]",
    "make run SITE=examples/real_site.toml": r"import limit: battery [1-9]",
    "make run SITE=examples/home_assistant.toml": r"broker.*\n(.|\n)*tick 1 ",
    "make run SITE=examples/ev_charger.toml": r"tick 1 (.|\n)*car",
    "make run SITE=examples/least_cost.toml": r"least cost: (?!there is no)",
    "ENERGY_MANAGER_LOG__STYLE=json make run": r'"event": "tick"',
    "ENERGY_MANAGER_DISPATCH__POLICY=follow_schedule make run": r"asset_3 300(?! \()",
    "make fleet": r"127\.0\.0\.1:\d+(.|\n)*(delivering|ordered)",
    "make run": r"tick 1 (.|\n)*total \d+ of \d+ kW",
    "energy-manager run": r"tick 1 ",
}
"""By what a command begins with, what its header or the sentence beside it says that one will see."""

SAYS = {
    "energy-manager check": r"all is well: energy-manager run would start|did you mean power_unit",
    "energy-manager plan production request.json": r'"windpark1","p":90\.0',
    "energy-manager plan peak-shaving": r"2026-03-02T18:00:00\+01:00;.*-30[.,]5",
    "curl -s http://127.0.0.1:8888/productionplan": r'"gasfiredbig2","p":338\.4',
    "curl -s http://127.0.0.1:8888/api/v1/site": r'"site":',
    "curl -s http://127.0.0.1:8888/metrics": r"energy_manager_",
    "curl -s http://127.0.0.1:8888/assets": r"\[",
    "curl -s http://127.0.0.1:8888/api/v1/flexibility/plans": r'"volume": 105, "cost": 47\.60',
    "curl -s http://127.0.0.1:8888/api/v1/peak-shaving/plans": r'"charge_kw":\[0\.0,-17\.5\]',
    "curl -s http://127.0.0.1:8888/api/v1/appliances/plans": r'"segments_min":\[\[1125,1305\]\]',
    "energy-manager appliances timetable": r"Car|Dishwasher",
    "energy-manager schedule list": r"flexibility:|mine",
    "energy-manager explain": r"was told",
    "energy-manager replay": r"no difference|written to|would have been decided",
    "python examples/load_forecast.py": r"load",
}

THEN = {
    "python examples/load_forecast.py": r"battery: planned until",
    ".venv/bin/python examples/load": r"battery: planned",
}
"""What is seen then where the product runs."""

ENDED_BY_CTRL_C = {130, 2, 0}
"""What make ends with; 0 where these tests were begun in the background, so that make is told to ignore interrupts."""

MAY_END_WITH = {"energy-manager appliances request home Car": {0, 3}}
"""A run that may not be is an answer too."""

DOCUMENTS = [
    "README.md",
    *("docs/user-guide.md", "docs/how-to/add-a-device.md", "docs/how-to/save-money.md", "docs/how-to/drill.md"),
    *("docs/how-to/ev-charger.md", "docs/how-to/home-assistant.md", "docs/how-to/many-sites.md"),
]
COMES = {"energy-manager fleet alarms": r"alarm +priority"}
"""What needs some seconds after the start: typed again until it is there."""

ADD_TO_PATH = 'export PATH="$PWD/.venv/bin:$PATH"'
EXAMPLES = sorted(path.name for path in (ROOT / "examples").glob("*.toml"))


class Newcomer:
    """Somebody with a clone and two terminals, who types what they read."""

    def __init__(self, clone, environment, ports):
        self.clone, self.environment, self.ports = clone, environment, ports
        self.running = None
        self.simulators = []

    def sits_down(self):
        """Two new terminals; the set-up is there after the first ``make run``."""
        self.first, self.beside = self.open(), self.open()

    def open(self):
        terminal = Terminal(folder=self.clone, environment=self.environment, columns=COLUMNS)
        terminal.type(ADD_TO_PATH)
        return terminal

    def reads(self, commands_in_order):
        """Type everything; at the end nothing goes on."""
        self.sits_down()
        try:
            for command in commands_in_order:
                self.types(self.here(command))
        except BaseException:
            self.leaves()
            raise
        self.gets_up()

    def leaves(self):
        """Whatever goes on is ended with its terminal, so that the next document finds its ports free."""
        for terminal in (*self.simulators, self.first, self.beside):
            terminal.close()
        self.simulators, self.running = [], None

    def types(self, command):
        if any(command.startswith(beginning) for beginning in NOT_TYPED):
            return
        if SIMULATOR.match(command):
            simulator = self.open()
            self.simulators.append(simulator)
            simulator.begin(command)
            simulator.sees("Ctrl-C")
        elif GOES_ON.match(command):
            self.starts(command)
        elif "energy-manager init my_site" in command:
            self.begins_a_site(command)
        else:
            self.does(self.beside, command)

    def here(self, text):
        for port, own in self.ports.items():
            text = text.replace(port, own)
        return text

    def starts(self, command):
        self.stops()
        self.running = command
        self.first.begin(command)
        self.first.sees(self.promised(PROMISES, command), within_s=400)

    def stops(self):
        if self.running is not None:
            self.judge(self.first.interrupt(self.running), codes=ENDED_BY_CTRL_C if "make" in self.running else {130})
            self.running = None

    def does(self, terminal, command):
        typed = terminal.type(command, within_s=180)
        until_s = time.monotonic() + 60
        while not re.search(self.promised(COMES, command, ""), typed.screen) and time.monotonic() < until_s:
            typed = terminal.type(command, within_s=180)
        self.judge(typed, codes=next((codes for text, codes in MAY_END_WITH.items() if command.startswith(text)), {0}))
        assert re.search(self.promised(SAYS, command, ""), typed.screen), (command, typed.screen)
        if then := self.promised(THEN, command, ""):
            self.first.sees(then, within_s=90)
        return typed

    def begins_a_site(self, command):
        """Six questions; then the three commands that it names, in this order."""
        typed = self.beside.type(command, answers=("",) * 6)
        self.judge(typed)
        named = re.sub(r" \\\n +", " ", typed.screen).partition("next:\n")[2]
        check, run, status = [line.strip() for line in named.splitlines() if line.startswith("  ")]
        there, elsewhere = self.open(), self.open()
        self.does(there, check)
        self.stops()
        there.begin(run)
        there.sees("tick 1 ", within_s=120)
        elsewhere.begin(status)
        elsewhere.sees(r"my home: tick \d+ at (.|\n)*battery")
        self.judge(elsewhere.interrupt(status), codes={130})
        self.judge(there.interrupt(run), codes={130})
        for terminal in (there, elsewhere):
            terminal.close()

    @staticmethod
    def promised(table, command, otherwise=None):
        plain = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:8888", command)
        plain = re.sub(
            r"^ENERGY_MANAGER_DISPATCH__PERIOD_S=\S+ ENERGY_MANAGER_DISPATCH__STATUS_PERIOD_S=\S+ ", "", plain
        )
        found = [pattern for beginning, pattern in table.items() if plain.startswith(beginning)]
        return found[0] if found or otherwise is None else otherwise

    def judge(self, typed, *, codes=frozenset({0})):
        assert typed.code in codes, (typed.command, typed.code, typed.screen)
        assert "Traceback" not in typed.screen, typed.screen
        assert "make: ***" not in typed.screen, typed.screen
        assert "Error 130" not in typed.screen, typed.screen
        if re.search(r"\bcurl\b|\bcat\b|STYLE=json|devices show|--preview", typed.command):
            return
        ours = [
            line.removeprefix("^C")  # what the terminal shows where it is pressed
            for line in typed.lines
            if not line.startswith(("WARNING: ", "["))  # of pip, and of the shell about jobs
        ]
        broken = [line for line in ours if len(line) > COLUMNS and max(map(len, line.split())) < COLUMNS - 20]
        assert not broken, (typed.command, broken)

    def gets_up(self):
        self.stops()
        for terminal in (self.first, self.beside, *self.simulators):
            terminal.close()
        self.simulators.clear()


@pytest.fixture(scope="module")
def newcomer(tmp_path_factory):
    folder = tmp_path_factory.mktemp("first_hour")
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder / "clone")], check=True)
    # What is changed and not committed yet is read as well.
    changed = subprocess.run(
        ["git", "diff", "--name-only", "HEAD"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    for name in changed.stdout.split():
        if (ROOT / name).exists():
            shutil.copy(ROOT / name, folder / "clone" / name)
    ours = {
        name: value for name, value in os.environ.items() if not name.startswith(("ENERGY_MANAGER_", "COV", "MAKE"))
    }
    # Nobody has an environment active who has just cloned.
    ours["PATH"] = os.pathsep.join(
        place for place in ours["PATH"].split(os.pathsep) if not (Path(place).parent / "pyvenv.cfg").exists()
    )
    ours.pop("VIRTUAL_ENV", None)
    ports = {port: str(free_port()) for port in ("8888", "5020", "5021")}
    environment = ours | {"XDG_DATA_HOME": str(folder / "data"), "ENERGY_MANAGER_API__PORT": ports["8888"]}
    for example in (folder / "clone" / "examples").glob("*.toml"):
        example.write_text(example.read_text().replace("5020", ports["5020"]))
    return Newcomer(folder / "clone", environment, ports)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_command_of_a_document_works_in_order_and_shows_what_it_promises(newcomer, document):
    newcomer.reads(commands(newcomer.clone / document))


@pytest.mark.parametrize("example", EXAMPLES)
def test_each_example_shows_what_its_header_promises(newcomer, example):
    newcomer.reads(header_commands(newcomer.clone / "examples" / example))
