"""Lots and units in the admin: to read and to find, with verbs that ask why; routes with their steps."""

from __future__ import annotations

from datetime import date

import pytest

from audit.models import AuditLog
from production.actions import serials as units
from production.models import Route, Serial
from tests.support.production_factories import ProductFactory
from tests.support.trace_factories import ProcessFactory, lot_of, unit_in

pytestmark = pytest.mark.django_db
LOTS, UNITS, ROUTES = "/admin/production/lot/", "/admin/production/serial/", "/admin/production/route/"
DAY = {"production_date": date(2024, 11, 18), "shift": "DAY"}


def take(client, path, action, rows, **said):
    body = {"action": action, "_selected_action": [row.pk for row in rows], **said}
    return client.post(path, body, follow=True).content.decode()


def test_a_lot_goes_its_way_for_a_reason(at_desk):
    client, lot = at_desk("production_manager"), lot_of(**DAY)
    unit_in(lot)
    assert 'name="reason"' in take(client, LOTS, "complete", [lot])
    assert "Say why" in take(client, LOTS, "complete", [lot], post="yes")
    lot.refresh_from_db()
    assert lot.status == "CREATED"
    for action, status in (("start", "IN_PROGRESS"), ("complete", "COMPLETED"), ("close", "CLOSED")):
        assert "1 done." in take(client, LOTS, action, [lot], post="yes", reason="End of the order")
        lot.refresh_from_db()
        assert lot.status == status
    deeds = AuditLog.objects.filter(entity_type="lots", action__startswith="production").order_by("id")
    assert [(deed.action, deed.reason) for deed in deeds] == [
        (f"production.lot.{name}", "End of the order") for name in ("started", "completed", "closed")
    ]


def test_who_may_not_go_on_is_told_so_and_the_others_go(at_desk):
    client, full, empty = at_desk("admin"), lot_of(**DAY), lot_of(**DAY)
    unit_in(full)
    page = take(client, LOTS, "complete", [empty, full], post="yes", reason="End")
    assert f"{empty}: Nothing has been made of this lot." in page and "1 done." in page
    full.refresh_from_db()
    assert full.status == "COMPLETED"


def test_units_fail_and_are_reworked_for_a_reason(at_desk):
    client, unit = at_desk("quality"), unit_in(lot_of(**DAY))
    take(client, UNITS, "fail", [unit], post="yes", reason="Dent")
    unit.refresh_from_db()
    assert (unit.status, unit.failure_reason) == ("FAILED", "Dent")
    take(client, UNITS, "rework", [unit], post="yes", reason="Straightened")
    unit.refresh_from_db()
    assert (unit.status, unit.rework_count) == ("IN_PROGRESS", 1)
    assert "cannot become" in take(client, UNITS, "rework", [unit], post="yes", reason="Again")


def test_who_only_reads_has_no_verbs(at_desk):
    unit = unit_in(lot_of(**DAY))
    units.set_status(serial=unit, status="FAILED", failure_reason="Dent", actor=None)
    client = at_desk("viewer")
    take(client, UNITS, "rework", [unit], post="yes", reason="x")
    take(client, LOTS, "start", [unit.lot], post="yes", reason="x")
    assert Serial.objects.get().status == "FAILED"
    assert 'value="rework"' not in client.get(UNITS).content.decode()


def test_lots_and_units_are_found_by_their_numbers(at_desk):
    client, unit, other = at_desk("viewer"), unit_in(lot_of(**DAY)), unit_in(lot_of(**DAY))
    for path, words in (
        (UNITS, unit.serial_number),
        (UNITS, unit.lot.lot_number),
        (LOTS, unit.lot.lot_number),
    ):
        page = client.get(path, {"q": words}).content.decode()
        assert unit.lot.lot_number in page and other.lot.lot_number not in page, path


def route_form(product, *processes):
    """A form of the route's page; positions in the order given."""
    form = {"product": product.pk, "steps-TOTAL_FORMS": len(processes), "steps-INITIAL_FORMS": 0}
    for index, process in enumerate(processes):
        form |= {f"steps-{index}-position": index + 1, f"steps-{index}-process": process.pk}
    return form


def test_a_route_is_kept_with_its_steps(at_desk):
    client, product = at_desk("production_manager"), ProductFactory()
    first, second = ProcessFactory(), ProcessFactory()
    assert client.post(f"{ROUTES}add/", route_form(product)).status_code == 200, "no step, no route"
    assert client.post(f"{ROUTES}add/", route_form(product, first, first)).status_code == 200, "twice"
    assert not Route.objects.exists()
    assert client.post(f"{ROUTES}add/", route_form(product, second, first)).status_code == 302
    assert [step.process for step in Route.objects.get().steps.order_by("position")] == [second, first]
    page = at_desk("viewer").get(ROUTES).content.decode()
    assert f"{second.process_code} → {first.process_code}" in page


def test_criteria_that_cannot_be_measured_are_refused_on_the_page(at_desk):
    client = at_desk("production_manager")
    form = {"process_number": 5, "process_code": "P05", "sort_order": 5, "quality_criteria": '{"strict": 1}'}
    assert "either true or false" in client.post("/admin/production/process/add/", form).content.decode()
