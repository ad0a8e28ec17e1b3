"""Laying out the plant: once, completely, and never again over what stands."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.models import User
from equipment.models import Fault, FaultCode, Line, Machine, MaintenancePlan, StateEvent
from factory_mes.demo.lines import LINES
from oee.selectors.reports import report
from oee.selectors.scopes import line_scope, read
from production.models import ProductionLogImport, ProductionSchedule
from production.selectors import unanswered

pytestmark = pytest.mark.django_db
APPS = ("accounts", "equipment", "production", "oee")


def everything() -> dict:
    """Every row of the apps' tables."""
    models = [model for app in APPS for model in apps.get_app_config(app).get_models()]
    return {model._meta.label: list(model._base_manager.order_by("pk").values()) for model in models}


@pytest.fixture
def at_rest(monkeypatch):
    monkeypatch.setenv("SIMULATE", "0")


def may_sign_in(client, username: str, password: str) -> bool:
    """Whether the sign-in page lets them in."""
    return client.post("/accounts/login", {"username": username, "password": password}).status_code == 302


def test_the_demo_is_laid_out_once(at_rest):
    call_command("seed_demo", stdout=StringIO())
    before = everything()
    call_command("seed_demo", stdout=StringIO())
    assert everything() == before


def test_machines_at_rest_say_nothing(at_rest):
    call_command("seed_demo", stdout=StringIO())
    simulated = Machine.objects.filter(line__line_code__in=[line.code for line in LINES])
    assert simulated.count() == 8
    assert not StateEvent.objects.filter(machine__in=simulated).exists()
    assert StateEvent.objects.filter(machine__line__line_code="BOTTLING-1").exists()
    assert Line.objects.order_by("pk").first().line_code == "BOTTLING-1"


def test_the_operator_finds_todays_jobs_and_questions(at_rest):
    call_command("seed_demo", stdout=StringIO())
    operator = User.objects.get(username="operator")
    assert operator.jobs.filter(status="ASSIGNED").count() == 6  # two shifts on three lines
    assert ProductionSchedule.objects.count() == 18
    assert [item.text for item in unanswered(job=operator.jobs.first())] == [
        "Guards closed, emergency stop free",
        "Material at the line",
    ]


def test_upkeep_has_its_catalogue_its_plans_and_a_fault_that_waits(at_rest):
    call_command("seed_demo", stdout=StringIO())
    assert FaultCode.objects.count() == 10
    planned = MaintenancePlan.objects.values_list("machine__equipment_code", flat=True)
    assert (planned.distinct().count(), planned.count()) == (len(LINES), 3 * len(LINES))
    [fault] = Fault.objects.active()
    assert (fault.severity, fault.reported_by.username) == ("LOW", "operator")


def test_one_account_per_role_can_sign_in(at_rest, client):
    call_command("seed_demo", stdout=StringIO())
    for role in User._meta.get_field("role").choices:
        assert may_sign_in(client, role[0], "Demo-2026!"), role


def test_a_changed_demo_stays_changed(at_rest):
    call_command("seed_demo", stdout=StringIO())
    line = Line.objects.get(line_code="PACK-1")
    line.name = "Ours"
    line.save()
    call_command("seed_demo", stdout=StringIO())
    assert Line.objects.get(line_code="PACK-1").name == "Ours"


def test_an_empty_plant_has_one_administrator(monkeypatch, client):
    monkeypatch.setenv("ADMIN_PASSWORD", "Given-2026!")
    call_command("seed_empty", stdout=StringIO())
    call_command("seed_empty", stdout=StringIO())
    assert [user.role for user in User.objects.all()] == ["admin"]
    assert may_sign_in(client, "admin", "Given-2026!")


def test_without_a_password_one_is_made_and_shown_once(monkeypatch, client):
    monkeypatch.delenv("ADMIN_PASSWORD", raising=False)
    first, second = StringIO(), StringIO()
    call_command("seed_empty", stdout=first)
    call_command("seed_empty", stdout=second)
    password = first.getvalue().split("password ")[1].split(" ")[0]
    assert may_sign_in(client, "admin", password)
    assert "password" not in second.getvalue()


def test_a_weak_first_password_is_refused(monkeypatch):
    monkeypatch.setenv("ADMIN_PASSWORD", "secret")
    with pytest.raises(CommandError, match="ADMIN_PASSWORD"):
        call_command("seed_empty", stdout=StringIO())
    assert not User.objects.exists()


def test_the_record_of_the_bottling_line_keeps_its_report(at_rest):
    """What was dirty in it is there to be read."""
    call_command("seed_demo", stdout=StringIO())
    kept = ProductionLogImport.objects.get(line__line_code="BOTTLING-1")
    assert kept.status == "DONE"
    text = json.dumps(kept.report)
    assert all(batch in text for batch in ("422137", "422143", "1900-01-01"))


def test_a_living_demo_begins_with_its_first_shift(monkeypatch):
    """Three days of events, and no planned time before them that would count as silence."""
    monkeypatch.setenv("SIMULATE", "1")
    call_command("seed_demo", stdout=StringIO())
    line = Line.objects.get(line_code="PACK-1")
    now = timezone.now()
    made = report(read(scope=line_scope(line), start=now - timedelta(days=7), end=now))
    assert made.figure.planned_busy_seconds > 2 * 86_400
    assert made.figure.unknown_seconds < 60
    assert 0.5 < made.figure.oee < 0.95
