"""Who may do what, role by role, as the table of the specification has it."""

import pytest

from energy_manager.domain.access import Permission, Principal, Role

SEEING = {"see", "see_totals", "see_home"}
MAY = {
    "viewer": SEEING,
    "resident": {"see_totals", "see_home", "request_runs"},
    "technician": SEEING | {"acknowledge", "override"},
    "operator": {str(permission) for permission in Permission} - {"manage_tokens"},
    "admin": {str(permission) for permission in Permission},
}


@pytest.mark.parametrize("role", Role)
def test_each_role_may_do_what_the_table_says_and_nothing_else(role):
    principal = Principal(name="ann", role=role)
    assert {str(permission) for permission in Permission if principal.may(permission)} == MAY[role]
    for permission in Permission:
        assert bool(principal.why_not(permission)) is not principal.may(permission)


def test_a_refusal_says_who_may():
    why = Principal(name="north-2", role=Role.TECHNICIAN).why_not(Permission.SHELVE)
    assert why == "north-2 is a technician and may not shelve alarms: that takes operator or admin"


def test_a_resident_has_one_home_and_all_others_have_all():
    resident = Principal(name="ann", role=Role.RESIDENT, household="home")
    assert resident.why_not_home("home") == ""
    assert "no other home" in resident.why_not_home("next_door")
    assert resident.why_not_home(None)
    assert Principal(name="bob", role=Role.VIEWER).why_not_home(None) == ""


def test_who_is_perhaps_a_stranger_may_look_and_stop_and_is_told_why_nothing_else():
    perhaps = Principal(name="this machine", role=Role.ADMIN, for_now="the tokens were not read yet")
    assert {permission for permission in Permission if perhaps.may(permission)} == {
        Permission.SEE,
        Permission.SEE_TOTALS,
        Permission.SEE_HOME,
        Permission.HOLD,
    }
    assert perhaps.why_not(Permission.SCHEDULE) == "the tokens were not read yet"
