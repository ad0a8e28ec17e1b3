"""Every page of every model for every role: opens for whom it should, is refused to the others, and never breaks."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.contrib import admin
from django.urls import reverse

from accounts.models import Employee
from andon.actions import escalate
from andon.models import AutoRaiseRule, NotificationTarget
from audit.models import AuditLog
from oee.models import HourlyRollup, LossPolicy
from production.actions import NewReading, answer_checklist, record_readings, reprint_label
from production.models import NumberPattern, ProductionLogImport, Rework
from tests.andon.calls import call
from tests.production.genealogy import component_lot, scan
from tests.support.factories import (
    CalendarExceptionFactory,
    FaultCodeFactory,
    MachineFactory,
    MaintenancePlanFactory,
    ShiftPatternFactory,
    StopReasonFactory,
    UserFactory,
)
from tests.support.plans import job_of, question
from tests.support.production_factories import RunFactory, StandardRateFactory, after
from tests.support.states import say
from tests.support.trace_factories import ProcessFactory, lot_of, route_for, unit_in
from tests.support.upkeep import fault_of, order_for

pytestmark = pytest.mark.django_db

DESKS = ("admin", "production_manager", "shift_manager", "engineer", "maintenance", "quality", "viewer")
ADMIN, MANAGER, BOTH = {"admin"}, {"admin", "production_manager"}, {"admin", "production_manager", "engineer"}
ALL = set(DESKS)
NOBODY: set[str] = set()
LEADERS = {"admin", "production_manager", "shift_manager"}
# model: who sees it, who adds and changes it, who deletes it (requirement: deleting is the administrator's)
WHO = {
    "accounts.user": (ADMIN, ADMIN, ADMIN),
    "accounts.employee": (MANAGER | {"shift_manager"}, ADMIN, ADMIN),
    "audit.auditlog": (ADMIN, NOBODY, NOBODY),
    "equipment.site": (ALL, BOTH, ADMIN),
    "equipment.area": (ALL, BOTH, ADMIN),
    "equipment.line": (ALL, MANAGER, ADMIN),
    "equipment.machine": (ALL, BOTH, ADMIN),
    "equipment.shiftpattern": (ALL, BOTH, ADMIN),
    "equipment.calendarexception": (ALL, BOTH, ADMIN),
    "equipment.stopreason": (ALL, MANAGER, ADMIN),
    "equipment.machinestate": (ALL, NOBODY, NOBODY),
    "equipment.downtime": (ALL, NOBODY, NOBODY),
    "equipment.stateevent": (ALL, NOBODY, NOBODY),
    "equipment.fault": (ALL, NOBODY, NOBODY),
    "equipment.maintenanceorder": (ALL, NOBODY, NOBODY),
    "equipment.maintenanceplan": (ALL, BOTH | {"maintenance"}, ADMIN),
    "equipment.faultcode": (ALL, BOTH | {"maintenance"}, ADMIN),
    "andon.andonevent": (ALL, NOBODY, NOBODY),
    "andon.escalationstep": (ALL, NOBODY, NOBODY),
    "andon.notification": (LEADERS, NOBODY, NOBODY),
    "andon.escalationpolicy": (ALL, LEADERS, ADMIN),
    "andon.responsetype": (ALL, LEADERS, ADMIN),
    "andon.autoraiserule": (ALL, LEADERS, ADMIN),
    "andon.notificationtarget": (ADMIN, ADMIN, ADMIN),
    "oee.losspolicy": (ALL, BOTH, ADMIN),
    "oee.hourlyrollup": (ADMIN, NOBODY, NOBODY),
    "production.productmodel": (ALL, MANAGER, NOBODY),
    "production.process": (ALL, MANAGER, ADMIN),
    "production.route": (ALL, MANAGER, ADMIN),
    "production.numberpattern": (ALL, MANAGER, ADMIN),
    "production.lot": (ALL, NOBODY, NOBODY),
    "production.serial": (ALL, NOBODY, NOBODY),
    "production.componentlot": (ALL, LEADERS | {"quality"}, ADMIN),
    "production.consumption": (ALL, NOBODY, NOBODY),
    "production.rework": (ALL, NOBODY, NOBODY),
    "production.labelprint": (ALL, NOBODY, NOBODY),
    "production.standardrate": (ALL, BOTH, ADMIN),
    "production.productionrun": (ALL, NOBODY, NOBODY),
    "production.productioncount": (ALL, NOBODY, NOBODY),
    "production.counterreading": (ALL, NOBODY, NOBODY),
    "production.productionlogimport": (BOTH, BOTH, NOBODY),
    "production.productionschedule": (ALL, NOBODY, NOBODY),
    "production.jobassignment": (ALL, NOBODY, NOBODY),
    "production.checklistitem": (ALL, LEADERS, ADMIN),
    "procrastinate.procrastinatejob": (ADMIN, NOBODY, NOBODY),
}
ADD_ONLY = {"production.productionlogimport"}  # an import is asked for, and then only read
MODELS = {model._meta.label_lower: model for model in admin.site._registry}


@pytest.fixture
def plant():
    machine = MachineFactory()
    ShiftPatternFactory(line=machine.line)
    CalendarExceptionFactory(site=machine.line.site)
    reason = StopReasonFactory(parent=StopReasonFactory())
    say(machine, "FAULT", 7, reason_id=reason.pk)
    AutoRaiseRule.objects.create(name="Down", trigger="MACHINE_DOWN")
    NotificationTarget.objects.create(name="Chat", kind="WEBHOOK", url="https://hooks.example.com/x")
    escalate(event=call(machine), actor=UserFactory(role="shift_manager"))
    answer_checklist(job=(job := job_of()), answers={question(job.machine.line).pk: True}, actor=job.user)
    fault_of(machine)
    order_for(machine)
    FaultCodeFactory()
    MaintenancePlanFactory(machine=machine)
    run = RunFactory(machine=machine)
    StandardRateFactory(product=run.product, machine=machine)
    readings = [NewReading(machine.pk, "plc", name, "total", after(m), m) for name, m in (("a", 0), ("b", 5))]
    record_readings(readings=readings)
    ProductionLogImport.objects.create(line=machine.line, created_by=UserFactory())
    LossPolicy.objects.create(site=machine.line.site, valid_from="2026-01-01")
    hour = datetime(2026, 3, 2, 6, tzinfo=UTC)
    HourlyRollup.objects.create(machine=machine, hour=hour, shift_date=hour.date())
    Employee.objects.create(name="Kim")
    route_for(run.product, [ProcessFactory(), ProcessFactory()])
    NumberPattern.objects.create(site=machine.line.site)
    unit = unit_in(lot_of(run.product, line=machine.line))
    scan(component_lot(), unit)
    Rework.objects.create(serial=unit, number=1, reason="polish", failure_reason="scratch", at=after(0))
    reprint_label(of=unit, reason="torn", actor=UserFactory())


def url(label: str, view: str, *args: object) -> str:
    return reverse(f"admin:{label.replace('.', '_')}_{view}", args=args)


def test_no_model_is_forgotten():
    assert set(MODELS) == set(WHO)


@pytest.mark.parametrize("label", WHO)
def test_who_opens_the_list(plant, at_desk, label):
    for role in DESKS:
        expected = 200 if role in WHO[label][0] else 403
        assert at_desk(role).get(url(label, "changelist")).status_code == expected, role


@pytest.mark.parametrize("label", WHO)
def test_who_adds(at_desk, label):
    for role in DESKS:
        expected = 200 if role in WHO[label][1] else 403
        assert at_desk(role).get(url(label, "add")).status_code == expected, role
        if expected == 403:
            assert at_desk(role).post(url(label, "add"), {}).status_code == 403, role


@pytest.mark.parametrize("label", [label for label in WHO if label != "procrastinate.procrastinatejob"])
def test_who_opens_changes_and_deletes_a_row(plant, at_desk, label):
    row = MODELS[label]._default_manager.first()
    seen, changed, deleted = WHO[label]
    for role in DESKS:
        client = at_desk(role)
        assert client.get(url(label, "change", row.pk)).status_code == (200 if role in seen else 403), role
        if role not in changed and label not in ADD_ONLY:
            assert client.post(url(label, "change", row.pk), {}).status_code == 403, role
        expected = 200 if role in deleted else 403
        assert client.get(url(label, "delete", row.pk)).status_code == expected, role


@pytest.mark.parametrize("label", [label for label in WHO if label not in ADD_ONLY])
def test_odd_addresses_break_nothing(plant, at_desk, label):
    client = at_desk("admin")
    for query in (
        "q=zzz",
        "q='\"%25_",
        "o=1.-2.99",
        "p=abc",
        "p=7",
        "all=",
        "e=1",
        "nonsense=1",
        "is_active__exact=x",
    ):
        assert client.get(f"{url(label, 'changelist')}?{query}").status_code in (200, 302), query
    for key in ("999999999999", "abc", "-1"):
        assert client.get(url(label, "change", key)).status_code in (302, 404), key


@pytest.mark.parametrize("label", WHO)
def test_filters_and_dates_of_a_list_open(plant, at_desk, label):
    """Every choice that the list itself offers."""
    client = at_desk("admin")
    changelist = client.get(url(label, "changelist")).context["cl"]
    offered = [
        choice["query_string"]
        for spec in changelist.filter_specs
        for choice in spec.choices(changelist)
        if "query_string" in choice
    ]
    for query in offered:
        assert client.get(url(label, "changelist") + query).status_code == 200, query


def test_a_list_costs_the_same_few_queries_however_many_rows(plant, at_desk, django_assert_max_num_queries):
    for _ in range(8):
        row = RunFactory(machine=MachineFactory())
        StandardRateFactory(product=row.product, machine=row.machine)
        say(row.machine, "FAULT", 7)
        LossPolicy.objects.create(site=row.machine.line.site, valid_from="2026-01-01")
    client = at_desk("admin")
    for label in WHO:
        with django_assert_max_num_queries(20):
            client.get(url(label, "changelist"))


def test_the_audit_trail_shows_what_was_made(plant, at_desk):
    assert AuditLog.objects.filter(entity_type="machines").exists()
    page = at_desk("admin").get(url("audit.auditlog", "changelist"), {"entity_type": "machines"})
    assert {entry.entity_type for entry in page.context["cl"].result_list} == {"machines"}


@pytest.mark.parametrize("part", ["year", "month", "day"])
def test_a_day_of_no_calendar_is_refused(plant, at_desk, part):
    dates = {"created_at__year": "2026", "created_at__month": "1", "created_at__day": "1"}
    nonsense = dates | {f"created_at__{part}": "9" * 20}
    client = at_desk("admin")
    assert client.get(url("audit.auditlog", "changelist"), dates).status_code == 200
    assert client.get(url("audit.auditlog", "changelist"), nonsense).status_code == 400


def test_no_fields_name_is_refused(plant, at_desk):
    client, page = at_desk("admin"), url("accounts.user", "change", UserFactory().pk)
    assert client.get(page, {"_to_field": ""}).status_code == 400
    assert client.post(page, {"_to_field": ""}).status_code == 400
