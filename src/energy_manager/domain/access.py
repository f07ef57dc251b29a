"""Who may do what: roles, and why somebody may not.

The roles are those of a control room: who looks, who lives here, who repairs, who operates, who administers. Each may
what is written here and nothing else; the server asks this table, and pages show it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

TECHNICIANS_LONGEST_OVERRIDE = timedelta(hours=2)
LONGEST_OVERRIDE = timedelta(hours=24)
"""Every override ends by itself, at the latest after this."""


class Permission(StrEnum):
    """What can be done at a site."""

    SEE = "see"
    SEE_TOTALS = "see_totals"
    SEE_HOME = "see_home"
    REQUEST_RUNS = "request_runs"
    ACKNOWLEDGE = "acknowledge"
    OVERRIDE = "override"
    OVERRIDE_ANY = "override_any"
    HOLD = "hold"
    SHELVE = "shelve"
    SCHEDULE = "schedule"
    CHANGE_FORECASTS = "change_forecasts"
    CHANGE_HOMES = "change_homes"
    MANAGE_TOKENS = "manage_tokens"


IN_WORDS: Mapping[Permission, str] = {
    Permission.SEE: "see the site",
    Permission.SEE_TOTALS: "see the site's totals",
    Permission.SEE_HOME: "see a home",
    Permission.REQUEST_RUNS: "ask for runs of a home's appliances",
    Permission.ACKNOWLEDGE: "acknowledge alarms",
    Permission.OVERRIDE: "override one asset for up to 2 h",
    Permission.OVERRIDE_ANY: "override several assets, or for longer than 2 h",
    Permission.HOLD: "hold assets in an emergency",
    Permission.SHELVE: "shelve alarms",
    Permission.SCHEDULE: "activate and end schedules",
    Permission.CHANGE_FORECASTS: "put and delete forecasts",
    Permission.CHANGE_HOMES: "register and change homes and appliances",
    Permission.MANAGE_TOKENS: "add and revoke tokens",
}


class Role(StrEnum):
    """What somebody is at a site."""

    VIEWER = "viewer"
    RESIDENT = "resident"
    TECHNICIAN = "technician"
    OPERATOR = "operator"
    ADMIN = "admin"

    @property
    def permissions(self) -> frozenset[Permission]:
        """What the role may do."""
        return _PERMISSIONS[self]


_VIEWER = frozenset({Permission.SEE, Permission.SEE_TOTALS, Permission.SEE_HOME})
_TECHNICIAN = _VIEWER | {Permission.ACKNOWLEDGE, Permission.OVERRIDE}
_OPERATOR = frozenset(Permission) - {Permission.MANAGE_TOKENS}
_PERMISSIONS: Mapping[Role, frozenset[Permission]] = {
    Role.VIEWER: _VIEWER,
    Role.RESIDENT: frozenset({Permission.SEE_TOTALS, Permission.SEE_HOME, Permission.REQUEST_RUNS}),
    Role.TECHNICIAN: _TECHNICIAN,
    Role.OPERATOR: _OPERATOR,
    Role.ADMIN: frozenset(Permission),
}

OPEN_TO_UNKNOWN = frozenset({Permission.SEE, Permission.SEE_TOTALS, Permission.SEE_HOME, Permission.HOLD})
"""While it is not known whether a site has tokens: looking, and the emergency stop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who asks: a name, a role and, of a resident, the one home that is theirs.

    ``for_now`` says why only a part of what the role may do is open at this moment; empty where all of it is.
    """

    name: str
    role: Role
    household: str | None = None
    for_now: str = ""

    def may(self, permission: Permission) -> bool:
        """Whether the role has it, and it is open at this moment."""
        return permission in self.role.permissions and (not self.for_now or permission in OPEN_TO_UNKNOWN)

    def why_not(self, permission: Permission) -> str:
        """A sentence where it may not; empty where it may."""
        if self.may(permission):
            return ""
        if self.for_now and permission in self.role.permissions:
            return self.for_now
        who = " or ".join(role for role in Role if permission in role.permissions)
        article = "an" if self.role[0] in "aeiou" else "a"
        return f"{self.name} is {article} {self.role} and may not {IN_WORDS[permission]}: that takes {who}"

    def why_not_home(self, household: str | None) -> str:
        """A sentence where that home is somebody else's; None asks about all homes."""
        if self.role is not Role.RESIDENT or household == self.household:
            return ""
        return f"{self.name} is the resident of {self.household!r} and may see and use no other home"
