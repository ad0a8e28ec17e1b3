"""Managers keep the plant in the admin; what happened can only be read there."""

from __future__ import annotations

from datetime import date

import pytest
from django.apps import apps
from django.test import Client
from django.urls import reverse

from audit.models import AuditLog
from equipment.models import Area, CalendarException, Line, Machine, ShiftPattern, Site, StopReason
from tests.support.factories import (
    AreaFactory,
    CalendarExceptionFactory,
    LineFactory,
    MachineFactory,
    ShiftPatternFactory,
    SiteFactory,
    StopReasonFactory,
    UserFactory,
)
from tests.support.states import say

pytestmark = pytest.mark.django_db
MASTER = [Site, Area, Line, Machine, ShiftPattern, CalendarException, StopReason]


def signed_in(role="admin"):
    client = Client()
    client.force_login(UserFactory(role=role), backend="accounts.backends.RoleBackend")
    return client


def url(model, view, *args):
    name = model if isinstance(model, str) else model._meta.model_name
    return reverse(f"admin:equipment_{name}_{view}", args=args)


@pytest.fixture
def plant():
    machine = MachineFactory()
    ShiftPatternFactory(line=machine.line)
    ShiftPatternFactory(site=machine.line.site, breaks=[], weekdays=[])
    CalendarExceptionFactory(site=machine.line.site)
    reason = StopReasonFactory()
    StopReasonFactory(parent=reason)
    say(machine, "RUNNING", 6, 7)
    say(machine, "FAULT", 7, reason_id=reason.pk)
    return machine


@pytest.mark.parametrize("name", [*(m._meta.model_name for m in MASTER), "machinestate", "stateevent"])
def test_every_list_opens_searches_and_shows_a_row(plant, name):
    client = signed_in()
    assert client.get(url(name, "changelist")).status_code == 200
    assert client.get(url(name, "changelist"), {"q": "no such thing"}).status_code == 200
    row = apps.get_model("equipment", name).objects.first()
    assert client.get(url(name, "change", row.pk)).status_code == 200


@pytest.mark.parametrize("model", MASTER)
def test_who_may_add(model):
    assert signed_in("admin").get(url(model, "add")).status_code == 200
    assert signed_in("production_manager").get(url(model, "add")).status_code == 200
    assert signed_in("viewer").get(url(model, "add")).status_code == 403
    assert signed_in("guest").get(url(model, "add")).status_code == 302


@pytest.mark.parametrize("name", ["machinestate", "stateevent"])
def test_what_happened_is_read_and_never_written(plant, name):
    client = signed_in()
    assert client.get(url(name, "add")).status_code == 403
    row = plant.states.first().pk if name == "machinestate" else plant.state_events.first().pk
    assert client.post(url(name, "change", row), {"state": "IDLE"}).status_code == 403
    assert client.post(url(name, "delete", row), {"post": "yes"}).status_code == 403


class TestPatterns:
    def body(self, **changes):
        given = {
            "name": "Night",
            "line": LineFactory().pk,
            "site": "",
            "weekdays": ["0", "4"],
            "start_time": "22:00",
            "end_time": "06:00",
            "breaks": "02:00 – 02:30\n\n04:00-04:15",
            "valid_from": "2026-01-01",
            "valid_to": "",
        }
        return {**given, **changes}

    def test_days_are_ticked_and_breaks_written_one_to_a_line(self):
        client = signed_in("engineer")
        answer = client.post(url(ShiftPattern, "add"), self.body())
        assert answer.status_code == 302
        pattern = ShiftPattern.objects.get()
        assert pattern.weekdays == [0, 4]
        assert pattern.breaks == [
            {"start_time": "02:00:00", "end_time": "02:30:00"},
            {"start_time": "04:00:00", "end_time": "04:15:00"},
        ]
        page = client.get(url(ShiftPattern, "change", pattern.pk)).content.decode()
        assert "02:00 – 02:30\n04:00 – 04:15" in page
        assert "Monday" in page

    def test_saving_a_page_unchanged_changes_nothing(self):
        client = signed_in("engineer")
        client.post(url(ShiftPattern, "add"), self.body())
        pattern = ShiftPattern.objects.get()
        before = pattern.breaks
        form = client.get(url(ShiftPattern, "change", pattern.pk)).context["adminform"].form
        body = {name: form[name].value() for name in form.fields}
        client.post(
            url(ShiftPattern, "change", pattern.pk), {k: "" if v is None else v for k, v in body.items()}
        )
        pattern.refresh_from_db()
        assert (pattern.breaks, pattern.weekdays) == (before, [0, 4])

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"breaks": "two o'clock"}, "breaks"),
            ({"breaks": "02:00 – 25:00"}, "breaks"),
            ({"weekdays": ["7"]}, "weekdays"),
            ({"valid_to": "2025-01-01"}, "valid_to"),
            ({"line": ""}, "line"),
        ],
    )
    def test_what_cannot_be_is_told_at_its_field(self, change, field):
        answer = signed_in("engineer").post(url(ShiftPattern, "add"), self.body(**change))
        assert answer.status_code == 200
        assert field in answer.context["adminform"].form.errors
        assert not ShiftPattern.objects.exists()


def test_a_line_is_made_with_its_machines_and_it_is_in_the_audit_trail():
    body = {
        "line_code": "L1",
        "name": "Line",
        "area": AreaFactory().pk,
        "topology": "SERIES",
        "target_oee": "0.85",
        "enabled": "on",
        "machines-TOTAL_FORMS": "1",
        "machines-INITIAL_FORMS": "0",
        "machines-0-equipment_code": "M1",
        "machines-0-name": "Filler",
        "machines-0-position": "1",
        "machines-0-is_active": "on",
    }
    answer = signed_in("production_manager").post(url(Line, "add"), body)
    assert answer.status_code == 302
    assert list(Line.objects.get().machines.values_list("equipment_code", flat=True)) == ["M1"]
    assert AuditLog.objects.filter(entity_type="machines", action="CREATE", source="admin").exists()


def test_the_constraint_is_chosen_among_the_lines_machines():
    machine, other = MachineFactory(), MachineFactory()
    form = signed_in().get(url(Line, "change", machine.line_id)).context["adminform"].form
    assert list(form.fields["constraint_machine"].queryset) == [machine] != [other]


def test_reasons_stand_below_their_parents():
    top = StopReasonFactory(code="Z", name="Mechanical")
    StopReasonFactory(code="M", name="Other")
    StopReasonFactory(code="A", name="Jam", parent=top)
    rows = signed_in().get(url(StopReason, "changelist")).context["cl"].result_list
    assert [row.name for row in rows] == ["Other", "Mechanical", "Jam"]


def test_somebodys_own_machine_is_not_shown():
    MachineFactory(line=None, owner=UserFactory(role="guest"))
    assert not signed_in().get(url(Machine, "changelist")).context["cl"].result_list


def test_the_lists_ask_no_more_for_more_rows(django_assert_max_num_queries):
    for _ in range(10):
        machine = MachineFactory(line__area__site=SiteFactory())
        say(machine, "FAULT", 6)
        CalendarExceptionFactory(line=machine.line, date=date(2026, 5, 1))
    client = signed_in()
    for name in ("line", "machine", "calendarexception", "machinestate", "stateevent"):
        with django_assert_max_num_queries(16):
            client.get(url(name, "changelist"))
