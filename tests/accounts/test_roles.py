"""The table of roles against the matrix of the API contract, written down a second time by hand."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command

from accounts import roles
from accounts.checks import every_codename_exists
from accounts.choices import Role
from accounts.models import User
from tests.accounts.conftest import Caller, login

ALL = {role.value for role in Role}
READERS = ALL - {"guest", "integration"}
LEADERS = {"admin", "production_manager", "shift_manager"}
MAKERS = {"admin", "production_manager", "engineer"}

MATRIX = [
    ("accounts.view_user", {"admin"}),
    ("accounts.add_user", {"admin"}),
    ("accounts.view_employee", LEADERS),
    ("accounts.change_employee", {"admin"}),
    ("audit.view_auditlog", {"admin"}),
    ("equipment.view_line", READERS | {"integration"}),
    ("equipment.change_line", {"admin", "production_manager"}),
    ("equipment.add_stopreason", {"admin", "production_manager"}),
    ("production.change_productmodel", {"admin", "production_manager"}),
    ("equipment.change_machine", MAKERS),
    ("equipment.add_site", MAKERS),
    ("equipment.add_shiftpattern", MAKERS),
    ("equipment.add_calendarexception", MAKERS),
    ("production.add_standardrate", MAKERS),
    ("oee.add_losspolicy", MAKERS),
    ("production.view_standardrate", READERS | {"integration"}),
    ("equipment.correct_machinestate", LEADERS | {"engineer"}),
    ("equipment.view_machinestate", READERS),
    ("equipment.view_equipment_status", READERS),
    ("production.view_productioncount", READERS),
    ("equipment.view_fault", READERS),
    ("equipment.add_fault", MAKERS | {"maintenance", "operator"}),
    ("equipment.resolve_fault", MAKERS | {"maintenance"}),
    ("equipment.view_maintenanceorder", READERS),
    ("equipment.add_maintenanceorder", MAKERS | {"maintenance"}),
    ("equipment.start_maintenanceorder", MAKERS | {"maintenance"}),
    ("equipment.complete_maintenanceorder", MAKERS | {"maintenance"}),
    ("equipment.cancel_maintenanceorder", MAKERS | {"maintenance"}),
    ("production.ingest_events", MAKERS | {"integration"}),
    ("oee.view_oee", READERS),
    ("oee.recalculate_oee", MAKERS),
    ("andon.view_andonevent", READERS),
    ("andon.add_andonevent", LEADERS | {"engineer", "operator", "quality"}),
    ("andon.acknowledge_andonevent", LEADERS | {"engineer", "maintenance", "quality"}),
    ("andon.resolve_andonevent", LEADERS | {"engineer", "maintenance"}),
    ("andon.cancel_andonevent", LEADERS | {"engineer", "maintenance", "quality"}),
]


@pytest.mark.parametrize(("codename", "who"), MATRIX)
def test_the_matrix_of_the_contract(codename, who):
    people = {role: User(username=role, role=role) for role in ALL}
    assert {role for role, user in people.items() if user.has_perm(codename)} == who


@pytest.mark.parametrize("role", sorted(ALL - {"admin"}))
def test_only_the_administrator_deletes(role):
    assert not [name for name in roles.codenames_of(role) if name.split(".")[1].startswith("delete_")]


def test_a_guest_may_nothing_and_a_closed_account_neither():
    assert roles.codenames_of("guest") == frozenset()
    closed = User(username="x", role="admin", is_active=False)
    assert not closed.has_perm("accounts.view_user") and closed.get_all_permissions() == set()


def test_the_administrator_may_everything_there_is():
    assert roles.codenames_of("admin") == roles.known_codenames()
    assert {"equipment.delete_line", "audit.view_auditlog"} <= roles.known_codenames()


def test_every_codename_exists_and_the_check_names_one_that_does_not(monkeypatch):
    assert every_codename_exists(None) == []
    row = ("view fold",) + ("",) * (len(roles.ROLES) - 1)
    monkeypatch.setitem(roles.TABLE, "equipment.line_of_sight", row)
    roles.codenames_of.cache_clear()
    found = every_codename_exists(None)
    roles.codenames_of.cache_clear()
    assert [error.id for error in found] == ["accounts.E001"] * 2
    assert "equipment.fold_line_of_sight" in found[0].msg


def test_every_row_has_a_cell_per_role():
    assert {len(cells) for cells in roles.TABLE.values()} == {len(roles.ROLES)}
    assert set(roles.ROLES) | {Role.ADMIN} == set(Role)


@pytest.mark.django_db
def test_groups_follow_the_table():
    codenames = {
        f"{app}.{name}"
        for app, name in Group.objects.get(name="engineer").permissions.values_list(
            "content_type__app_label", "codename"
        )
    }
    assert codenames == {name for name in roles.codenames_of("engineer") if not name.startswith("andon.")} | {
        name for name in codenames if name.startswith("andon.")
    }
    assert set(Group.objects.values_list("name", flat=True)) == ALL
    Group.objects.get(name="engineer").permissions.clear()
    call_command("migrate", verbosity=0)
    assert Group.objects.get(name="engineer").permissions.count() == len(codenames)


@pytest.mark.parametrize(
    ("text", "role"),
    [
        ("ADMIN", "admin"),
        ("super_admin", "admin"),
        ("Super_Admin", "admin"),
        ("manager", "production_manager"),
        ("MANAGER", "production_manager"),
        ("user", "viewer"),
        (" Operator ", "operator"),
    ],
)
def test_aliases_in_any_case(text, role):
    assert roles.role_named(text) == role


@pytest.mark.django_db
def test_roles_and_permissions_over_http(person, anyone):
    person("mina", role="operator")
    caller = Caller(login("mina")["access_token"])
    answer = caller("GET", "auth/roles").json()
    assert answer["role"] == "operator" and {row["role"] for row in answer["roles"]} == ALL
    mine = caller("GET", "auth/permissions").json()
    assert mine["role"] == "operator" and "andon.add_andonevent" in mine["permissions"]
    assert "accounts.view_user" not in mine["permissions"]
    assert {
        anyone("GET", f"auth/{what}").status_code for what in ("roles", "permissions", "me", "profile")
    } == {401}
