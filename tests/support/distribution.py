"""Which tests run in one worker, one after the other, when several workers share the tests (``--workers 5``).

A server or a browser that several files share is started once: all of these files go together. The others go each by
itself, for a file may have processes of its own that are started once. What takes longest goes first, so that nobody
waits for it in the end. The rest of the machine's time is used by more workers than there are cores: most tests of
whole processes wait more than they work.
"""

from __future__ import annotations

API = "tests/integration/api"
PAGE = f"{API}/page"
SITE = "tests/integration/site"
SHARED = {
    "server": [
        f"{API}/test_feed.py",
        f"{API}/test_storm.py",
        f"{API}/test_errors.py",
        f"{API}/test_bad_bodies.py",
        f"{API}/test_known_answers.py",
        f"{API}/test_openapi_document.py",
    ],
    "browser": [
        f"{PAGE}/test_now.py",
        f"{PAGE}/test_plan.py",
        f"{PAGE}/test_chart.py",
        f"{PAGE}/test_shell.py",
        f"{PAGE}/test_fleet.py",
        f"{PAGE}/test_assets.py",
        f"{PAGE}/test_report.py",
        f"{PAGE}/test_records.py",
        f"{PAGE}/test_commands.py",
        f"{PAGE}/test_keyboard.py",
        f"{PAGE}/test_accessible.py",
        f"{PAGE}/test_acceptance.py",
        f"{PAGE}/test_as_measured.py",
    ],
    "one_for_all": [f"{SITE}/test_schedules.py", f"{SITE}/test_activation.py"],
}
"""By fixture, a process that takes seconds to start: the files whose tests use it."""

UNIT = "tests/unit"
LONGEST = [
    f"{API}/test_openapi.py",
    f"{SITE}/test_user_guide.py",
    *SHARED["browser"],
    *SHARED["server"],
    f"{API}/test_plan_production.py",
    f"{API}/test_roles.py",
    f"{API}/test_out_of_time.py",
    "tests/integration/dispatch/test_faults.py",
    "tests/integration/dispatch/test_stopping.py",
    "tests/integration/appliances/test_live.py",
    f"{UNIT}/least_cost/test_backtest.py",
    f"{UNIT}/production/test_against_oracles.py",
    f"{UNIT}/forecasting/test_issue.py",
    f"{UNIT}/peak_shaving/test_highs_planner.py",
    f"{UNIT}/jobs/test_golden_answers.py",
    f"{UNIT}/peak_shaving/test_plan_storage_laws.py",
    f"{SITE}/test_wrong_clock.py",
    f"{UNIT}/storage/test_retention.py",
    "tests/integration/dispatch/test_releasing.py",
]

_GROUPS = {path: server for server, paths in SHARED.items() for path in paths}


def group(path: str) -> str:
    """What goes to one worker: all files of a shared server or browser, else the file alone."""
    return _GROUPS.get(path, path)


def place(path: str) -> int:
    """The longest groups first."""
    return next((number for number, long in enumerate(LONGEST) if group(path) == group(long)), len(LONGEST))


def check(path: str, fixtures: list[str]) -> None:
    """Refuse tests that would start a shared server once more, for themselves."""
    for server, paths in SHARED.items():
        is_in_reach = path.startswith(paths[0].rpartition("/")[0])  # of the conftest beside those that share it
        if is_in_reach and server in fixtures and _GROUPS.get(path) != server:
            raise ValueError(f"{path} uses the fixture {server}: add it to SHARED in tests/support/distribution.py")
