"""Faults and maintenance orders: what actions do, what the database refuses, what the admin shows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from audit.models import AuditLog
from core.errors import Invalid, InvalidTransition
from equipment import actions
from equipment.choices import StandardFault
from equipment.models import Fault, MaintenanceOrder
from equipment.signals import fault_reported, fault_resolved, maintenance_changed
from tests.support.factories import MachineFactory, UserFactory
from tests.support.states import at
from tests.support.upkeep import fault_of, order_for

pytestmark = pytest.mark.django_db

# The fault bits of the floor's controllers, 0 to 9, as their document has them.
BITS = [
    ("Emergency stop", "CRITICAL"),
    ("Safety gate open", "HIGH"),
    ("Motor overload", "HIGH"),
    ("Communication error", "HIGH"),
    ("Temperature high", "MEDIUM"),
    ("Pressure low", "MEDIUM"),
    ("Upstream stop", "MEDIUM"),
    ("Downstream stop", "MEDIUM"),
    ("Material jam", "MEDIUM"),
    ("Sensor fault", "LOW"),
]


@pytest.fixture
def machine():
    return MachineFactory(equipment_code="Press")


@pytest.fixture
def heard(django_capture_on_commit_callbacks):
    """What was announced after commit by the block: `with heard() as news`."""
    from contextlib import contextmanager

    @contextmanager
    def listening():
        news = []

        def told(signal, **payload):
            payload.pop("sender")
            news.append(payload)

        signals = (fault_reported, fault_resolved, maintenance_changed)
        for signal in signals:
            signal.connect(told)
        try:
            with django_capture_on_commit_callbacks(execute=True):
                yield news
        finally:
            for signal in signals:
                signal.disconnect(told)

    return listening


def deeds(row):
    """(deed, who) about the row, oldest first."""
    entries = AuditLog.objects.filter(entity_id=str(row.pk), action__contains=".").order_by("id")
    return [(entry.action, entry.user_name) for entry in entries]


class TestFaults:
    def test_the_standard_faults_are_the_controllers_bits(self):
        assert [(str(fault.label), str(fault.severity)) for fault in StandardFault] == BITS

    @pytest.mark.parametrize("code", ["motor_overload", "MOTOR_OVERLOAD"])
    def test_a_standard_fault_brings_its_severity_and_description(self, machine, code):
        fault = fault_of(machine, fault_code=code, severity=None, description="")
        assert (fault.severity, fault.description, fault.fault_code) == ("HIGH", "Motor overload", code)

    def test_what_is_said_wins_over_the_standard(self, machine):
        fault = fault_of(machine, fault_code="SENSOR_FAULT", severity="CRITICAL", description="On the gate")
        assert (fault.severity, fault.description) == ("CRITICAL", "On the gate")

    def test_any_other_fault_says_how_bad_it_is(self, machine):
        with pytest.raises(Invalid) as refused:
            fault_of(machine, severity=None)
        assert list(refused.value.errors) == ["severity"]
        assert not Fault.objects.exists()

    def test_it_occurred_now_unless_told(self, machine):
        assert fault_of(machine).occurred_at == at(6)
        now = fault_of(machine, occurred_at=None).occurred_at
        assert abs(now - timezone.now()) < timedelta(minutes=1)

    def test_reported_and_resolved_once_each_in_the_trail_and_announced(self, machine, heard):
        operator, mechanic = UserFactory(role="operator"), UserFactory(role="maintenance")
        with heard() as news:
            fault = fault_of(machine, actor=operator)
        name = {"fault_id": fault.pk, "machine_id": machine.pk}
        assert news == [name]
        with heard() as news:
            actions.resolve_fault(fault=fault, resolution_notes="New belt", actor=mechanic)
        assert news == [name]
        fault.refresh_from_db()
        assert (fault.status, fault.resolved_by, fault.resolution_notes) == ("RESOLVED", mechanic, "New belt")
        assert fault.resolved_at > fault.occurred_at
        with heard() as news, pytest.raises(InvalidTransition):
            actions.resolve_fault(fault=fault, resolution_notes="Again", actor=operator)
        assert news == []
        assert deeds(fault) == [
            ("equipment.fault.reported", operator.username),
            ("equipment.fault.resolved", mechanic.username),
        ]

    def test_a_fault_that_a_fast_clock_dates_ahead_can_be_resolved_at_once(self, machine):
        ahead = timezone.now() + timedelta(minutes=4)
        fault = fault_of(machine, occurred_at=ahead)
        done = actions.resolve_fault(fault=fault, resolution_notes="", actor=fault.reported_by)
        assert done.resolved_at == ahead

    def test_active_ones(self, machine):
        over, still = fault_of(machine), fault_of(machine)
        actions.resolve_fault(fault=over, resolution_notes="", actor=over.reported_by)
        assert list(machine.faults.active()) == [still]

    def test_what_has_faults_stays(self, machine):
        fault = fault_of(machine)
        for held in (machine, fault.reported_by):
            with pytest.raises(ProtectedError):
                held.delete()


class TestMaintenance:
    def test_planned_started_completed_each_in_the_trail_and_announced(self, machine, heard):
        engineer = UserFactory(role="engineer")
        with heard() as news:
            order = order_for(machine, notes="Bring oil", actor=engineer)
            actions.start_maintenance(order=order, actor=engineer)
            actions.complete_maintenance(order=order, notes="Oil low", actor=engineer)
        assert news == [{"order_id": order.pk, "machine_id": machine.pk}] * 3
        order.refresh_from_db()
        assert (order.status, order.notes) == ("COMPLETED", "Bring oil\nOil low")
        assert order.created_at <= order.started_at <= order.completed_at
        assert deeds(order) == [
            (f"equipment.maintenance_order.{deed}", engineer.username)
            for deed in ("ordered", "started", "completed")
        ]

    @pytest.mark.parametrize("begun", [False, True])
    def test_cancelled_before_or_during_the_work(self, machine, begun):
        order = order_for(machine)
        if begun:
            actions.start_maintenance(order=order, actor=order.created_by)
        done = actions.cancel_maintenance(order=order, reason="Sold", actor=order.created_by)
        assert (done.status, done.cancel_reason, done.completed_at) == ("CANCELLED", "Sold", None)
        assert AuditLog.objects.get(action="equipment.maintenance_order.cancelled").reason == "Sold"

    @pytest.mark.parametrize("reason", ["", "  ", "x" * 256])
    def test_cancelling_needs_a_reason(self, machine, reason):
        order = order_for(machine)
        with pytest.raises(Invalid) as refused:
            actions.cancel_maintenance(order=order, reason=reason, actor=order.created_by)
        assert list(refused.value.errors) == ["reason"]

    STEPS = {
        "start": lambda order: actions.start_maintenance(order=order, actor=order.created_by),
        "complete": lambda order: actions.complete_maintenance(order=order, notes="", actor=order.created_by),
        "cancel": lambda order: actions.cancel_maintenance(order=order, reason="x", actor=order.created_by),
    }

    @pytest.mark.parametrize(
        ("way", "step"),
        [
            ("", "complete"),
            ("start", "start"),
            ("start complete", "start"),
            ("start complete", "complete"),
            ("start complete", "cancel"),
            ("cancel", "start"),
            ("cancel", "complete"),
            ("cancel", "cancel"),
        ],
    )
    def test_illegal_steps_change_nothing(self, machine, way, step):
        order = order_for(machine)
        for taken in way.split():
            self.STEPS[taken](order)
        before = MaintenanceOrder.objects.values().get()
        with pytest.raises(InvalidTransition):
            self.STEPS[step](order)
        assert MaintenanceOrder.objects.values().get() == before

    def test_corrective_work_names_its_fault(self, machine):
        fault = fault_of(machine)
        order = order_for(machine, maintenance_type="CORRECTIVE", fault=fault)
        assert list(fault.maintenance_orders.all()) == [order]

    @pytest.mark.parametrize(
        ("wrong", "field"),
        [
            ({"scheduled_end": at(8)}, "scheduled_end"),
            ({"scheduled_end": at(7)}, "scheduled_end"),
            ({"fault": "own"}, "fault_id"),
            ({"fault": "another's", "maintenance_type": "CORRECTIVE"}, "fault_id"),
        ],
    )
    def test_a_plan_that_cannot_be_is_refused(self, machine, wrong, field):
        faults = {"own": fault_of(machine), "another's": fault_of(MachineFactory())}
        if "fault" in wrong:
            wrong = {**wrong, "fault": faults[wrong["fault"]]}
        with pytest.raises(Invalid) as refused:
            order_for(machine, **wrong)
        assert list(refused.value.errors) == [field]
        assert not MaintenanceOrder.objects.exists()


class TestOrderNumbers:
    """The clock stands at 20:30 UTC of 2 March 2026, which is 05:30 of 3 March in Seoul."""

    @pytest.fixture(autouse=True)
    def clock(self, monkeypatch):
        self.now = datetime(2026, 3, 2, 20, 30, tzinfo=UTC)
        monkeypatch.setattr(timezone, "now", lambda: self.now)

    def test_counted_by_the_day_of_the_site(self):
        berlin, seoul = MachineFactory(), MachineFactory(line__area__site__timezone="Asia/Seoul")
        alone = MachineFactory(line=None)
        numbers = [order_for(machine).order_number for machine in (berlin, seoul, berlin, alone)]
        assert numbers == ["MO-260302-001", "MO-260303-001", "MO-260302-002", "MO-260302-003"]
        self.now += timedelta(days=1)
        assert order_for(berlin).order_number == "MO-260303-002"

    def test_a_thousand_comes_after_999(self, machine):
        order = order_for(machine)
        MaintenanceOrder(**values(order, order_number="MO-260302-999")).save(force_insert=True)
        assert [order_for(machine).order_number for _ in range(2)] == ["MO-260302-1000", "MO-260302-1001"]

    def test_a_refused_order_takes_no_number(self, machine):
        with pytest.raises(Invalid):
            order_for(machine, scheduled_end=at(7))
        assert order_for(machine).order_number == "MO-260302-001"


def values(row, **changes):
    """The columns of a row for a new one beside it."""
    columns = {f.attname: getattr(row, f.attname) for f in row._meta.concrete_fields if f.attname != "id"}
    return {**columns, **changes}


class TestTheDatabaseRefuses:
    @pytest.mark.parametrize(
        ("change", "rule"),
        [
            ({"severity": "DIRE"}, "severity_known"),
            ({"status": "GONE"}, "resolution_fits_status"),
            ({"status": "RESOLVED"}, "resolution_fits_status"),
            ({"status": "RESOLVED", "resolved_at": at(7)}, "resolution_fits_status"),
            ({"resolved_at": at(7)}, "resolution_fits_status"),
            ({"resolution_notes": "Done"}, "resolution_fits_status"),
            (
                {"status": "RESOLVED", "resolved_at": at(5), "resolved_by_id": "somebody"},
                "clocks_run_forward",
            ),
        ],
    )
    def test_faults(self, machine, change, rule):
        fault = fault_of(machine)
        if "resolved_by_id" in change:
            change = {**change, "resolved_by_id": fault.reported_by_id}
        self.refused(fault, change, f"equipment_fault_{rule}")

    @pytest.mark.parametrize(
        ("change", "rule"),
        [
            ({"maintenance_type": "MAGIC"}, "type_known"),
            ({"priority": "DIRE"}, "priority_known"),
            ({"scheduled_end": at(8)}, "schedule_positive"),
            ({"fault_id": "own"}, "fault_is_corrected"),
            ({"status": "LOST"}, "clocks_fit_status"),
            ({"status": "IN_PROGRESS"}, "clocks_fit_status"),
            ({"started_at": at(8)}, "clocks_fit_status"),
            ({"status": "COMPLETED", "completed_at": at(9)}, "clocks_fit_status"),
            ({"status": "COMPLETED", "started_at": at(8)}, "clocks_fit_status"),
            ({"status": "CANCELLED", "cancel_reason": "x"}, "clocks_fit_status"),
            (
                {"status": "CANCELLED", "cancel_reason": "x", "cancelled_at": at(9), "completed_at": at(9)},
                "clocks_fit_status",
            ),
            ({"status": "COMPLETED", "started_at": at(8), "completed_at": at(7)}, "clocks_run_forward"),
            (
                {"status": "CANCELLED", "cancel_reason": "x", "started_at": at(8), "cancelled_at": at(7)},
                "clocks_run_forward",
            ),
            ({"status": "CANCELLED", "cancelled_at": at(9)}, "cancelled_for_a_reason"),
            ({"cancel_reason": "x"}, "cancelled_for_a_reason"),
        ],
    )
    def test_orders(self, machine, change, rule):
        if "fault_id" in change:
            change = {"fault_id": fault_of(machine).pk}
        change = {"order_number": "MO-1", **change}
        self.refused(order_for(machine), change, f"equipment_maintenanceorder_{rule}")

    def test_a_number_twice(self, machine):
        self.refused(order_for(machine), {}, "equipment_maintenanceorder_order_number")

    def refused(self, row, change, constraint):
        with pytest.raises(IntegrityError) as refusal, transaction.atomic():
            type(row)(**values(row, **change)).save(force_insert=True)
        assert refusal.value.__cause__.diag.constraint_name.startswith(constraint)


class TestAdmin:
    def client(self, role):
        client = Client()
        client.force_login(UserFactory(role=role), backend="accounts.backends.RoleBackend")
        return client

    @pytest.fixture(params=["fault", "maintenanceorder"])
    def row(self, request, machine):
        return fault_of(machine) if request.param == "fault" else order_for(machine)

    def url(self, row, view, *args):
        return reverse(f"admin:equipment_{row._meta.model_name}_{view}", args=args)

    def test_listed_searched_filtered_and_opened(self, row):
        client, url = self.client("viewer"), self.url(row, "changelist")
        found = {"q": "press"}, {"status__exact": row.status}
        for query in found:
            assert list(client.get(url, query).context["cl"].result_list) == [row]
        for query in ({"q": "nowhere"}, {"status__exact": "CANCELLED"}):
            assert not client.get(url, query).context["cl"].result_list
        assert client.get(self.url(row, "change", row.pk)).status_code == 200

    def test_the_most_urgent_first(self, machine):
        low, worst = (fault_of(machine, severity=word) for word in ("LOW", "CRITICAL"))
        high = fault_of(machine, severity="HIGH")
        columns = self.client("viewer").get(self.url(low, "changelist")).context["cl"].list_display
        page = self.client("viewer").get(self.url(low, "changelist"), {"o": f"-{columns.index('urgency')}"})
        assert list(page.context["cl"].result_list) == [worst, high, low]

    def test_written_by_nobody(self, row):
        client = self.client("admin")
        assert client.get(self.url(row, "add")).status_code == 403
        assert client.post(self.url(row, "change", row.pk), {"status": "RESOLVED"}).status_code == 403
        assert client.post(self.url(row, "delete", row.pk), {"post": "yes"}).status_code == 403
        assert self.client("guest").get(self.url(row, "changelist")).status_code == 302

    def test_the_lists_ask_no_more_for_more_rows(self, machine, django_assert_max_num_queries):
        for _ in range(10):
            fault_of(MachineFactory()), order_for(MachineFactory())
        client = self.client("admin")
        for row in (Fault, MaintenanceOrder):
            with django_assert_max_num_queries(14):
                client.get(self.url(row, "changelist"))
