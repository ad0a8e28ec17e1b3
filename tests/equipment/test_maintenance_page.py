"""The page of upkeep and its sheets: what they show, to whom, and what they do."""

from __future__ import annotations

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from equipment.models import Fault, FaultCode, MaintenanceOrder
from tests.support.factories import FaultCodeFactory, MachineFactory, MaintenancePlanFactory, UserFactory
from tests.support.states import at, say
from tests.support.upkeep import fault_of, order_for

pytestmark = pytest.mark.django_db
HX = {"HX-Request": "true"}
ROLES = [
    "admin",
    "production_manager",
    "shift_manager",
    "engineer",
    "operator",
    "maintenance",
    "quality",
    "viewer",
]
MENDERS = {"admin", "production_manager", "engineer", "maintenance"}


@pytest.fixture
def machine():
    return MachineFactory(equipment_code="Press", name="The press")


@pytest.fixture
def as_role(client):
    def sign_in(role):
        client.force_login(UserFactory(role=role), backend="accounts.backends.RoleBackend")
        return client

    return sign_in


def text(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def test_what_is_wrong_what_is_ordered_and_what_is_due(as_role, machine):
    fault_of(machine)
    order_for(machine, title="Change the filter")
    say(machine, "RUNNING", 0)
    say(machine, "FAULT", 5)
    MaintenancePlanFactory(machine=machine, counted_from=at(0), every_days=None, every_running_hours=10)
    shown = text(as_role("viewer").get("/maintenance"))
    assert "BELT-7" in shown and "Belt torn" in shown and "High" in shown
    assert "Change the filter" in shown and "late" in shown
    assert "5 of 10 running hours" in shown
    page = as_role("viewer").get("/maintenance").content.decode()
    assert '<meter min="0" max="100" value="50.00">' in page


def test_the_plan_that_is_furthest_first_and_due_ones_marked(as_role, machine):
    MaintenancePlanFactory(machine=machine, title="Far", every_days=3000)
    MaintenancePlanFactory(machine=machine, title="Over", counted_from=at(0), every_days=1)
    plans = as_role("viewer").get("/maintenance").context["plans"]
    assert [(plan["row"].title, plan["is_due"]) for plan in plans] == [("Over", True), ("Far", False)]


def test_of_one_line(as_role, machine):
    fault_of(machine)
    fault_of(MachineFactory())
    client = as_role("viewer")
    assert len(client.get("/maintenance").context["faults"]) == 2
    assert [
        fault.machine for fault in client.get(f"/maintenance?line={machine.line_id}").context["faults"]
    ] == [machine]
    for odd in ("999999", "abc", str(10**20)):
        assert client.get(f"/maintenance?line={odd}").status_code == 404


def test_the_list_alone_for_htmx(as_role, machine):
    answer = as_role("viewer").get("/maintenance", headers={**HX, "HX-Target": "upkeep"})
    assert "<html" not in answer.content.decode() and "Nothing is wrong" in text(answer)


def test_the_figures_of_the_last_thirty_days(as_role, machine):
    shown = text(as_role("viewer").get(f"/maintenance/figures?line={machine.line_id}"))
    assert "MTBF" in shown and "–" in shown
    assert as_role("guest").get("/maintenance/figures").status_code == 403


def test_each_finds_what_they_may_do(as_role, machine):
    fault, order = fault_of(machine), order_for(machine)
    verbs = {
        "report": "/maintenance/faults/report",
        "resolve": f"/maintenance/faults/{fault.pk}/resolve",
        "order": f"/maintenance/faults/{fault.pk}/order",
        "start": f"/maintenance/orders/{order.pk}/start",
        "complete": f"/maintenance/orders/{order.pk}/complete",
        "cancel": f"/maintenance/orders/{order.pk}/cancel",
        "import": "/maintenance/fault-codes",
    }
    for role in ROLES:
        client = as_role(role)
        allowed = {name for name, url in verbs.items() if client.get(url).status_code == 200}
        refused = {name for name, url in verbs.items() if client.post(url).status_code == 403}
        expected = set(verbs) if role in MENDERS else {"report"} if role == "operator" else set()
        assert (allowed, refused) == (expected, set(verbs) - expected), role
        fault, order = fault_of(machine), order_for(machine)  # the posts may have ended the others
        page = client.get("/maintenance").content.decode()
        assert (f"/maintenance/faults/{fault.pk}/resolve" in page) == (role in MENDERS), role
        assert (f"/maintenance/orders/{order.pk}/start" in page) == (role in MENDERS), role


def test_who_may_not_see_it(as_role, client):
    assert client.get("/maintenance").status_code == 302
    assert as_role("guest").get("/maintenance").status_code == 403


def test_from_a_fault_to_its_repair(as_role, machine):
    FaultCodeFactory(code="BELT-7", name="Belt torn", severity="CRITICAL", remedy="Change the belt")
    client = as_role("maintenance")
    body = {"machine": machine.pk, "fault_code": "belt-7"}
    assert client.post("/maintenance/faults/report", body, headers=HX).status_code == 204
    fault = Fault.objects.get()
    assert (fault.severity, fault.description) == ("CRITICAL", "Belt torn")
    sheet = f"/maintenance/faults/{fault.pk}/order"
    assert "Change the belt" in text(client.get(sheet, headers=HX))
    assert client.post(sheet, headers=HX).status_code == 204
    again = client.post(sheet, headers=HX)
    assert again.status_code == 200 and "ordered already" in text(again)
    order = MaintenanceOrder.objects.get()
    early = client.post(f"/maintenance/orders/{order.pk}/complete", {"notes": "Kept words"}, headers=HX)
    assert early.status_code == 200 and "cannot become" in text(early) and "Kept words" in text(early)
    assert client.post(f"/maintenance/orders/{order.pk}/start", headers=HX).status_code == 204
    done = client.post(f"/maintenance/orders/{order.pk}/complete", {"notes": "New belt"}, follow=True)
    assert "The work is done." in text(done)
    answer = client.post(f"/maintenance/faults/{fault.pk}/resolve", {"resolution_notes": "Belt"}, headers=HX)
    assert answer.status_code == 204
    order.refresh_from_db()
    fault.refresh_from_db()
    assert (order.status, order.notes, fault.status) == ("COMPLETED", "New belt", "RESOLVED")


def test_an_order_under_way_tells_how_long_the_machine_stood_for_it(as_role, machine):
    order, client = order_for(machine), as_role("maintenance")
    client.post(f"/maintenance/orders/{order.pk}/start", headers=HX)
    assert "machine stood 0 s" in text(client.get("/maintenance"))


def test_cancelling_wants_a_reason(as_role, machine):
    order, client = order_for(machine), as_role("engineer")
    url = f"/maintenance/orders/{order.pk}/cancel"
    assert client.post(url, {"reason": " "}, headers=HX).status_code == 200
    assert client.post(url, {"reason": "Not needed"}, headers=HX).status_code == 204
    order.refresh_from_db()
    assert (order.status, order.cancel_reason) == ("CANCELLED", "Not needed")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"machine": 10**20},
        {"fault_code": "no such code"},
        {"fault_code": "a\0b"},
        {"fault_code": "X/Y"},
        {"severity": "DIRE"},
        {"occurred_at": "2190-01-01T00:00"},
    ],
)
def test_a_fault_that_cannot_be_is_said_and_not_kept(as_role, machine, body):
    given = {"machine": machine.pk, "fault_code": "B-1", **body} if body else {}
    answer = as_role("operator").post("/maintenance/faults/report", given, headers=HX)
    assert answer.status_code == 200 and answer.context["form"].errors
    assert not Fault.objects.exists()


def test_fault_codes_from_a_file(as_role):
    client = as_role("maintenance")

    def send(content, **more):
        upload = SimpleUploadedFile("codes.csv", content)
        return text(client.post("/maintenance/fault-codes", {"file": upload, **more}))

    assert "2 new, 0 changed, 0 as they were. Nothing is kept yet." in send(b"code,name\nA,Alpha\nB,Beta\n")
    assert not FaultCode.objects.exists()
    assert "2 new, 0 changed, 0 as they were. Kept." in send(b"code,name\nA,Alpha\nB,Beta\n", keep="on")
    assert "Nothing is kept: these rows are wrong." in send(b"code,name\nC,\n", keep="on")
    assert "The heading lacks name." in send(b"code\nC\n", keep="on")
    assert "This field is required" in text(client.post("/maintenance/fault-codes", {}))
    assert FaultCode.objects.count() == 2


def test_the_queries_do_not_grow_with_the_rows(as_role, machine, django_assert_max_num_queries):
    for _ in range(6):
        fault_of(machine)
        order_for(machine)
        MaintenancePlanFactory(machine=machine)
    client = as_role("maintenance")
    with django_assert_max_num_queries(9):
        client.get("/maintenance")
