"""Plans of preventive maintenance: when a round is over, what it makes, and when the next begins."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from freezegun import freeze_time

from equipment.actions import (
    cancel_maintenance,
    complete_maintenance,
    order_due_maintenance,
    order_repair,
    resolve_fault,
    start_maintenance,
)
from equipment.errors import AlreadyOrdered
from equipment.models import MaintenanceOrder, MaintenancePlan
from tests.support.api import API, client_for
from tests.support.factories import MachineFactory, MaintenancePlanFactory, UserFactory
from tests.support.states import at, say
from tests.support.upkeep import fault_of, order_for

pytestmark = pytest.mark.django_db


@pytest.fixture
def machine():
    return MachineFactory(equipment_code="Press")


@pytest.fixture
def mechanic():
    return UserFactory(role="maintenance")


def plan_of(machine, **given):
    return MaintenancePlanFactory(machine=machine, counted_from=at(0), **given)


def running(machine, now):
    return MaintenancePlan.objects.with_running(now).get(machine=machine).running


class TestRunningHours:
    @pytest.mark.parametrize(
        ("now", "hours"), [(0, 0), (6, 0), (7, 1), (8, 2), (9, 2), (10.5, 2.5), (30, 22)]
    )
    def test_only_what_ran_since_the_round_began_and_up_to_now(self, machine, now, hours):
        say(machine, "RUNNING", -5)
        say(machine, "FAULT", -1)
        say(machine, "RUNNING", 6)
        say(machine, "FAULT", 8)
        say(machine, "RUNNING", 10)
        plan_of(machine)
        assert running(machine, at(now)) == timedelta(hours=hours)

    def test_a_run_that_began_before_the_round_counts_from_its_beginning(self, machine):
        say(machine, "RUNNING", -5)
        plan_of(machine)
        assert running(machine, at(3)) == timedelta(hours=3)

    def test_a_round_that_is_still_to_begin_has_nothing(self, machine):
        say(machine, "RUNNING", -5)
        plan_of(machine)
        assert running(machine, at(-2)) == timedelta(0)

    def test_of_its_own_machine_alone(self, machine):
        say(MachineFactory(), "RUNNING", 0)
        plan_of(machine)
        assert running(machine, at(3)) == timedelta(0)


class TestDue:
    def orders_at(self, hour):
        with freeze_time(at(hour)):
            order_due_maintenance()
        return MaintenanceOrder.objects.count()

    def test_by_days(self, machine):
        plan = plan_of(machine, every_days=30, tolerance_days=3, priority="HIGH", title="Lubricate")
        assert self.orders_at(30 * 24 - 0.01) == 0
        assert self.orders_at(30 * 24) == 1
        order = MaintenanceOrder.objects.get()
        assert (order.plan, order.plan_round, order.created_by) == (plan, 1, None)
        assert (order.maintenance_type, order.title, order.priority) == ("PREVENTIVE", "Lubricate", "HIGH")
        assert (order.scheduled_start, order.scheduled_end) == (at(30 * 24), at(33 * 24))

    def test_by_running_hours(self, machine):
        plan_of(machine, every_days=None, every_running_hours=10)
        say(machine, "RUNNING", 0)
        say(machine, "FAULT", 9)
        say(machine, "RUNNING", 20)
        assert [self.orders_at(hour) for hour in (9, 20.9, 21)] == [0, 0, 1]

    def test_by_whichever_comes_first(self, machine):
        plan_of(machine, every_days=1, every_running_hours=100)
        assert [self.orders_at(hour) for hour in (23, 24)] == [0, 1]

    def test_once_however_often_it_is_asked(self, machine):
        plan_of(machine, every_days=1)
        assert [self.orders_at(hour) for hour in (24, 25, 900)] == [1, 1, 1]

    def test_not_for_what_is_out_of_use(self, machine):
        plan_of(machine, every_days=1, is_active=False)
        idle = MachineFactory(is_active=False)
        plan_of(idle, every_days=1)
        assert self.orders_at(900) == 0

    @pytest.mark.parametrize("end", ["complete", "cancel"])
    def test_the_next_round_counts_from_the_end_of_the_order(self, machine, mechanic, end):
        plan = plan_of(machine, every_days=1)
        self.orders_at(24)
        order = MaintenanceOrder.objects.get()
        with freeze_time(at(30)):
            if end == "complete":
                start_maintenance(order=order, actor=mechanic)
                complete_maintenance(order=order, notes="", actor=mechanic)
            else:
                cancel_maintenance(order=order, reason="Not needed", actor=mechanic)
        plan.refresh_from_db()
        assert (plan.round, plan.counted_from) == (2, at(30))
        assert [self.orders_at(hour) for hour in (53, 54, 55)] == [1, 2, 2]


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"plan_round": 1}, "one_per_round"),
        ({"plan_round": None}, "by_person_or_plan"),
        ({"plan_round": 2, "maintenance_type": "CORRECTIVE"}, "by_person_or_plan"),
        ({"plan_round": 2, "plan": None}, "by_person_or_plan"),
        ({"plan": None, "plan_round": None}, "by_person_or_plan"),
    ],
)
def test_the_database_refuses_a_second_order_of_a_round_and_one_of_nobody(machine, changes, rule):
    plan_of(machine, every_days=1)
    order_due_maintenance()
    order = MaintenanceOrder.objects.get()
    for name, value in {"pk": None, "order_number": "MO-X", **changes}.items():
        setattr(order, name, value)
    order._state.adding = True
    with pytest.raises(IntegrityError, match=rule), transaction.atomic():
        order.save()


def test_the_database_refuses_a_plan_that_never_comes_again(machine):
    with pytest.raises(IntegrityError, match="comes_again"), transaction.atomic():
        plan_of(machine, every_days=None)


class TestRepair:
    def test_a_fault_becomes_an_order_as_urgent_as_it_is_bad(self, machine, mechanic):
        fault = fault_of(machine, severity="CRITICAL")
        order = order_repair(fault=fault, actor=mechanic)
        assert (order.maintenance_type, order.fault, order.priority) == ("CORRECTIVE", fault, "CRITICAL")
        assert (order.title, order.created_by) == ("BELT-7 Belt torn", mechanic)
        assert order.scheduled_end - order.scheduled_start == timedelta(hours=2)

    def test_one_repair_at_a_time_and_none_of_what_is_right(self, machine, mechanic):
        fault = fault_of(machine)
        order = order_repair(fault=fault, actor=mechanic)
        with pytest.raises(AlreadyOrdered):
            order_repair(fault=fault, actor=mechanic)
        cancel_maintenance(order=order, reason="Wrong part", actor=mechanic)
        order_repair(fault=fault, actor=mechanic)
        resolve_fault(fault=fault, resolution_notes="", actor=mechanic)
        client = client_for("maintenance")
        answer = client.post(f"{API}equipment/press/faults/{fault.pk}/order")
        assert (answer.status_code, answer.json()["code"]) == (409, "invalid_transition")

    def test_over_http(self, machine):
        fault = fault_of(machine)
        url = f"{API}equipment/press/faults/{fault.pk}/order"
        assert client_for("operator").post(url).status_code == 403
        answer = client_for("engineer").post(url)
        assert (answer.status_code, answer.json()["fault_id"]) == (201, fault.pk)
        assert client_for("engineer").post(url).json()["code"] == "already_ordered"
        assert client_for("engineer").post(f"{API}equipment/press/faults/999999/order").status_code == 404


class TestDowntimeOfAnOrder:
    def test_what_the_machine_stood_while_the_work_was_done(self, machine, mechanic):
        say(machine, "RUNNING", 6)
        say(machine, "FAULT", 7)
        say(machine, "RUNNING", 9)
        say(machine, "UNKNOWN", 9.5)
        order = order_for(machine)
        with freeze_time(at(8)):
            start_maintenance(order=order, actor=mechanic)
        with freeze_time(at(10)):
            complete_maintenance(order=order, notes="", actor=mechanic)
        row = client_for("viewer").get(f"{API}equipment/press/maintenance/{order.pk}").json()
        assert row["downtime_seconds"] == 3600

    def test_nothing_before_its_start(self, machine):
        order = order_for(machine)
        row = client_for("viewer").get(f"{API}equipment/press/maintenance/{order.pk}").json()
        assert (row["downtime_seconds"], row["plan_id"]) == (None, None)


class TestOverHttp:
    URL = f"{API}maintenance-plans"

    def test_a_plan_tells_how_far_its_round_is(self, machine):
        say(machine, "RUNNING", 0)
        say(machine, "FAULT", 5)
        plan = plan_of(machine, every_days=30, every_running_hours=10)
        row = client_for("viewer").get(f"{self.URL}/{plan.pk}").json()
        assert (row["running_hours"], row["due_at"], row["round"]) == (5, "2026-04-01T00:00:00Z", 1)
        assert row["is_due"] == (timezone.now() >= at(30 * 24))

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"every_days": None, "every_running_hours": None}, "every_days"),
            ({"every_days": 0}, "every_days"),
            ({"every_days": 10**20}, "every_days"),
            ({"every_days": "nan"}, "every_days"),
            ({"every_days": [1]}, "every_days"),
            ({"every_running_hours": -1}, "every_running_hours"),
            ({"tolerance_days": 0}, "tolerance_days"),
            ({"counted_from": "1999-01-01T00:00:00Z"}, "counted_from"),
            ({"equipment_code": "nowhere"}, "equipment_code"),
            ({"title": "a\0b"}, "title"),
        ],
    )
    def test_bad_input_names_the_field(self, machine, body, field):
        given = {"equipment_code": "Press", "title": "Lubricate", "every_days": 30, **body}
        answer = client_for("maintenance").post(self.URL, given)
        assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])
