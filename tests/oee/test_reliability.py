"""MTBF, MTTR, MTTF and the corrective ratio of machines and lines, over HTTP, against published examples and by hand."""

from __future__ import annotations

from datetime import timedelta

import pytest
from freezegun import freeze_time

from equipment.actions import complete_maintenance, start_maintenance
from oee.selectors.reliability import reliability
from tests.support.api import API, client_for
from tests.support.factories import LineFactory, MachineFactory, UserFactory
from tests.support.states import at, say
from tests.support.upkeep import order_for

pytestmark = pytest.mark.django_db


@pytest.fixture
def machine():
    return MachineFactory(equipment_code="Press")


def ask(path="equipment/press", start=0, end=24, role="viewer"):
    window = {"start": at(start).isoformat(), "end": at(end).isoformat()}
    return client_for(role).get(f"{API}{path}/reliability", window)


def fail(machine, hours, repair):
    """It runs from midnight and fails at these hours, for so many hours each."""
    say(machine, "RUNNING", 0)
    for hour in hours:
        say(machine, "FAULT", hour)
        say(machine, "RUNNING", hour + repair)


def test_w13_1000_hours_5_failures_50_hours_of_repair(machine):
    """MTBF 200 h, MTTR 10 h, inherent availability 95.24 %."""
    fail(machine, [100, 300, 500, 700, 900], 10)
    told = ask(end=1050).json()
    assert (told["failures"], told["operating_seconds"], told["repair_seconds"]) == (5, 3_600_000, 180_000)
    assert (told["mtbf_seconds"], told["mttr_seconds"]) == (200 * 3600, 10 * 3600)
    assert told["inherent_availability"] == pytest.approx(0.9524, abs=5e-5)


def test_w13_2496_hours_4_failures(machine):
    """MTBF 624 h; two repairs of 5 and 3 hours take 4 h on average."""
    fail(machine, [500, 1000, 1500, 2000], 1)
    assert ask(end=2500).json()["mtbf_seconds"] == 624 * 3600


def test_w13_repairs_of_five_and_three_hours(machine):
    fail(machine, [10], 5)
    fail(machine, [], 0)
    say(machine, "FAULT", 20)
    say(machine, "RUNNING", 23)
    assert ask(end=30).json()["mttr_seconds"] == 4 * 3600


def test_setup_is_operating_time_and_no_time_to_failure(machine):
    fail(machine, [10], 1)
    say(machine, "SETUP", 12, 14)
    told = ask(end=24).json()
    assert (told["mtbf_seconds"], told["mttf_seconds"]) == (23 * 3600, 21 * 3600)


def test_minor_stops_waiting_and_no_signal_are_no_failures(machine):
    say(machine, "RUNNING", 0)
    say(machine, "FAULT", 2, 2 + 299 / 3600)
    say(machine, "STARVED", 4, 5)
    say(machine, "UNKNOWN", 6, 7)
    say(machine, "MAINTENANCE", 8, 9)
    told = ask(end=12).json()
    assert told["failures"] == 0
    assert [
        told[key] for key in ("mtbf_seconds", "mttf_seconds", "mttr_seconds", "inherent_availability")
    ] == [None] * 4


def test_a_line_adds_its_machines_before_it_divides():
    line = LineFactory()
    one, other = (MachineFactory(line=line) for _ in range(2))
    fail(one, [10], 2)
    fail(other, [2, 6, 12, 18], 0.5)
    told = ask(f"production/lines/{line.pk}").json()
    assert (told["failures"], told["mtbf_seconds"]) == (5, (22 + 22) * 3600 / 5)
    assert told["mttr_seconds"] == (2 + 2) * 3600 / 5


def test_what_is_still_to_come_is_no_operating_time(machine):
    fail(machine, [10], 1)
    found = reliability(machines=[machine], start=at(0), end=at(1000), now=at(20))
    assert (float(found.operating), found.mtbf) == (19 * 3600, 19 * 3600)


class TestMaintenanceTime:
    def work(self, machine, start, end, **given):
        order, actor = order_for(machine, **given), UserFactory(role="maintenance")
        with freeze_time(at(start)):
            start_maintenance(order=order, actor=actor)
        with freeze_time(at(end)):
            complete_maintenance(order=order, notes="", actor=actor)

    def test_corrective_of_all(self, machine):
        self.work(machine, 6, 9, maintenance_type="CORRECTIVE")
        self.work(machine, 10, 11)
        told = ask().json()
        assert told["corrective_maintenance_seconds"] == 3 * 3600
        assert told["preventive_maintenance_seconds"] == 3600
        assert told["corrective_maintenance_ratio"] == 0.75

    def test_only_what_lies_in_the_window(self, machine):
        self.work(machine, 6, 9, maintenance_type="CORRECTIVE")
        parts = [ask(start=n, end=n + 2).json()["corrective_maintenance_seconds"] for n in range(0, 24, 2)]
        assert (sum(parts), parts[3], parts[4]) == (3 * 3600, 7200, 3600)

    def test_work_that_goes_on_has_lasted_until_now(self, machine):
        order = order_for(machine)
        with freeze_time(at(8)):
            start_maintenance(order=order, actor=UserFactory(role="maintenance"))
        found = reliability(machines=[machine], start=at(0), end=at(24), now=at(10))
        assert timedelta(seconds=found.preventive) == timedelta(hours=2)

    def test_no_maintenance_no_ratio(self, machine):
        assert ask().json()["corrective_maintenance_ratio"] is None


def test_the_kpis_of_the_oee_say_the_same(machine):
    fail(machine, [10, 15], 1)
    kpis = client_for("viewer").get(
        f"{API}oee/kpis", {"equipment_code": "Press", "start": at(0).isoformat(), "end": at(24).isoformat()}
    )
    told, kpis = ask().json(), kpis.json()["kpis"]
    assert [told[f"{name}_seconds"] for name in ("mtbf", "mttf", "mttr")] == [
        kpis[name] for name in ("mtbf", "mttf", "mttr")
    ]


def test_who_may_and_what_cannot_be_asked(machine):
    assert ask(role="guest").status_code == 403
    assert ask("equipment/nowhere").status_code == 404
    assert ask("production/lines/999999").status_code == 404
    client, url = client_for("viewer"), f"{API}equipment/press/reliability"
    assert client.get(url).status_code == 200, "the last thirty days"
    for query in ("start=noon", "start=2026-03-02T08:00:00Z", "nonsense=1", "start=nan&end=nan"):
        assert client.get(f"{url}?{query}").status_code == 400, query
