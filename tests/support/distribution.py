"""Which tests run in one worker, one after the other, when several workers share the tests (``-n 5 --dist loadgroup``).

A server that several files share is started once: all tests that use it go together. The others go by their file, for a
file may have processes of its own that are started once. The rest of the machine's time is used by more workers than
there are cores: most tests of whole processes wait more than they work.
"""

from __future__ import annotations

from collections.abc import Iterable

from xdist.scheduler import LoadGroupScheduling

SERVERS = ("server", "one_for_all")
"""Fixtures of more than one file, each a process that takes seconds to start."""


def server_of(fixtures: Iterable[str]) -> str | None:
    """The server for many files that a test with these fixtures uses."""
    return next((server for server in SERVERS if server in fixtures), None)


class ByServerOrFile(LoadGroupScheduling):
    """A group for each ``xdist_group``, and one for each file of tests without."""

    def _split_scope(self, nodeid: str) -> str:
        group = super()._split_scope(nodeid)
        return nodeid.partition("::")[0] if group == nodeid else group
