"""Faults and maintenance orders over HTTP: who may, what is answered, what is refused."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.choices import Role
from equipment.models import Fault, MaintenanceOrder
from tests.support.api import API, client_for
from tests.support.factories import MachineFactory, UserFactory
from tests.support.states import at
from tests.support.upkeep import fault_of, order_for

pytestmark = pytest.mark.django_db

FAULTS = f"{API}equipment/press/faults"
ORDERS = f"{API}equipment/press/maintenance"
PATHS = [FAULTS, ORDERS]
ROLES = [role.value for role in Role]
READERS = {*ROLES} - {"guest", "integration"}
MENDERS = {"admin", "production_manager", "engineer", "maintenance"}
NUL, HUGE = "a\0b", "x" * 2001
NO_TIMES = ["2026-03-02T08:00:00", "1900-01-01T00:00:00Z", "2190-01-01T00:00:00Z", "noon", 7, [], {}]


@pytest.fixture
def machine():
    return MachineFactory(equipment_code="Press")


def hour(value):
    return at(value).isoformat()


def body(path, **changes):
    given = {
        FAULTS: {"fault_code": "BELT-7", "severity": "high", "description": "Torn", "occurred_at": hour(6)},
        ORDERS: {
            "maintenance_type": "preventive",
            "title": "Lubricate",
            "scheduled_start": hour(8),
            "scheduled_end": hour(9),
        },
    }[path]
    return {**given, **changes}


def row_at(path, machine, **given):
    return fault_of(machine, **given) if path == FAULTS else order_for(machine, **given)


def stored():
    return Fault.objects.count() + MaintenanceOrder.objects.count()


def expected(allowed, role, status):
    return status if role in allowed else 403


class TestWhoMay:
    @pytest.mark.parametrize("role", ROLES)
    def test_read(self, machine, role):
        client = client_for(role)
        for path in PATHS:
            row = row_at(path, machine)
            for url in (path, f"{path}/{row.pk}"):
                assert client.get(url).status_code == expected(READERS, role, 200)

    @pytest.mark.parametrize("role", ROLES)
    def test_report_a_fault_and_order_maintenance(self, machine, role):
        client = client_for(role)
        answer = client.post(FAULTS, body(FAULTS))
        assert answer.status_code == expected(MENDERS | {"operator"}, role, 201)
        assert client.post(ORDERS, body(ORDERS)).status_code == expected(MENDERS, role, 201)

    @pytest.mark.parametrize("role", ROLES)
    def test_every_step(self, machine, role):
        client, fault, order, other = (
            client_for(role),
            fault_of(machine),
            order_for(machine),
            order_for(machine),
        )
        for url, said in [
            (f"{FAULTS}/{fault.pk}/resolve", {"resolution_notes": "Mended"}),
            (f"{ORDERS}/{order.pk}/start", None),
            (f"{ORDERS}/{order.pk}/complete", {"notes": "Done"}),
            (f"{ORDERS}/{other.pk}/cancel", {"reason": "Sold"}),
        ]:
            assert client.post(url, said).status_code == expected(MENDERS, role, 200)
        left = Fault.objects.active().count() + MaintenanceOrder.objects.filter(status="SCHEDULED").count()
        assert left == (0 if role in MENDERS else 3)

    def test_nobody_unknown(self, machine):
        client = client_for(None)
        for path in PATHS:
            row = row_at(path, machine)
            assert client.get(path).status_code == 401
            assert client.post(path, body(path)).status_code == 401
            step = "resolve" if path == FAULTS else "start"
            assert client.post(f"{path}/{row.pk}/{step}").status_code == 401

    @pytest.mark.parametrize("path", PATHS)
    def test_no_status_is_written_and_nothing_deleted(self, machine, path):
        client, row = client_for("admin"), row_at(path, machine)
        for method in (client.put, client.patch, client.delete):
            assert method(f"{path}/{row.pk}", {"status": "RESOLVED"}).status_code == 405


class TestFaults:
    def test_reported_read_and_resolved(self, machine):
        operator, mechanic = client_for("operator"), client_for("maintenance")
        answer = operator.post(FAULTS, body(FAULTS))
        made = answer.json()
        assert answer.status_code == 201
        assert made == {
            "id": Fault.objects.get().pk,
            "equipment_code": "Press",
            "fault_code": "BELT-7",
            "description": "Torn",
            "severity": "HIGH",
            "status": "ACTIVE",
            "occurred_at": "2026-03-02T06:00:00Z",
            "reported_by": operator.user.pk,
            "reported_by_name": str(operator.user),
            "resolved_at": None,
            "resolved_by": None,
            "resolved_by_name": None,
            "resolution_notes": "",
            "created_at": made["created_at"],
        }
        assert operator.get(f"{FAULTS}/{made['id']}").json() == made
        done = mechanic.post(f"{FAULTS}/{made['id']}/resolve", {"resolution_notes": "New belt"}).json()
        assert done["resolved_at"] > made["created_at"]
        assert done == {
            **made,
            "status": "RESOLVED",
            "resolved_at": done["resolved_at"],
            "resolved_by": mechanic.user.pk,
            "resolved_by_name": str(mechanic.user),
            "resolution_notes": "New belt",
        }
        again = mechanic.post(f"{FAULTS}/{made['id']}/resolve", {"resolution_notes": "Other"})
        assert (again.status_code, again.json()["code"]) == (409, "invalid_transition")
        assert mechanic.get(f"{FAULTS}/{made['id']}").json() == done

    def test_the_code_of_a_standard_fault_is_enough(self, machine):
        made = client_for("operator").post(FAULTS, {"fault_code": "emergency_stop"}).json()
        assert (made["severity"], made["description"]) == ("CRITICAL", "Emergency stop")
        assert made["occurred_at"] <= made["created_at"]

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"fault_code": None}, "fault_code"),
            ({"fault_code": ""}, "fault_code"),
            ({"fault_code": "x" * 51}, "fault_code"),
            ({"fault_code": NUL}, "fault_code"),
            ({"fault_code": "a/b"}, "fault_code"),
            ({"fault_code": ["a"]}, "fault_code"),
            ({"severity": None}, "severity"),
            ({"severity": "dire"}, "severity"),
            ({"severity": {}}, "severity"),
            ({"description": HUGE}, "description"),
            ({"description": NUL}, "description"),
            *(({"occurred_at": wrong}, "occurred_at") for wrong in NO_TIMES),
        ],
    )
    def test_bad_input_names_the_field_and_stores_nothing(self, machine, change, field):
        answer = client_for("operator").post(FAULTS, body(FAULTS, **change))
        assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])
        assert stored() == 0

    @pytest.mark.parametrize("notes", [HUGE, NUL, ["x"], None])
    def test_bad_notes_resolve_nothing(self, machine, notes):
        url = f"{FAULTS}/{fault_of(machine).pk}/resolve"
        answer = client_for("maintenance").post(url, {"resolution_notes": notes})
        assert (answer.status_code, list(answer.json()["errors"])) == (400, ["resolution_notes"])
        assert Fault.objects.active().count() == 1

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("", ["C", "B", "A"]),
            ("?ordering=occurred_at", ["A", "B", "C"]),
            ("?ordering=-urgency", ["B", "A", "C"]),
            ("?severity=critical", ["B"]),
            ("?status=resolved", ["A"]),
            ("?status=ACTIVE", ["C", "B"]),
            ("?fault_code=c", ["C"]),
            ("?search=smoke", ["B"]),
            ("?start=2026-03-02T07:00:00Z&end=2026-03-02T08:00:00Z", ["B"]),
            ("?limit=1&skip=1", ["B"]),
        ],
    )
    def test_listed_filtered_sorted_paged(self, machine, query, found):
        first = fault_of(machine, fault_code="A", severity="MEDIUM", occurred_at=at(6))
        fault_of(machine, fault_code="B", severity="CRITICAL", occurred_at=at(7), description="Smoke")
        fault_of(machine, fault_code="C", severity="LOW", occurred_at=at(8))
        fault_of(MachineFactory(), fault_code="D", severity="LOW", occurred_at=at(7))
        client = client_for("maintenance")
        client.post(f"{FAULTS}/{first.pk}/resolve", {"resolution_notes": "x"})
        assert [row["fault_code"] for row in client.get(FAULTS + query).json()["results"]] == found

    def test_those_of_one_person(self, machine):
        mine = fault_of(machine)
        fault_of(machine)
        page = client_for("viewer").get(f"{FAULTS}?reported_by={mine.reported_by_id}").json()
        assert [row["id"] for row in page["results"]] == [mine.pk]


class TestMaintenance:
    def test_ordered_started_completed(self, machine):
        client = client_for("engineer")
        answer = client.post(ORDERS, body(ORDERS, notes="Bring oil"))
        made = answer.json()
        assert answer.status_code == 201
        row = MaintenanceOrder.objects.get()
        assert made == {
            "id": row.pk,
            "order_number": row.order_number,
            "equipment_code": "Press",
            "maintenance_type": "PREVENTIVE",
            "title": "Lubricate",
            "description": "",
            "priority": "MEDIUM",
            "fault_id": None,
            "scheduled_start": "2026-03-02T08:00:00Z",
            "scheduled_end": "2026-03-02T09:00:00Z",
            "status": "SCHEDULED",
            "started_at": None,
            "completed_at": None,
            "cancelled_at": None,
            "cancel_reason": "",
            "notes": "Bring oil",
            "created_by": client.user.pk,
            "created_by_name": str(client.user),
            "plan_id": None,
            "downtime_seconds": None,
            "created_at": made["created_at"],
        }
        begun = client.post(f"{ORDERS}/{row.pk}/start").json()
        assert begun == {
            **made,
            "status": "IN_PROGRESS",
            "started_at": begun["started_at"],
            "downtime_seconds": 0,
        }
        done = client.post(f"{ORDERS}/{row.pk}/complete", {"notes": "Oil low"}).json()
        ended = {"completed_at": done["completed_at"], "notes": "Bring oil\nOil low"}
        assert done == {**begun, "status": "COMPLETED", **ended}
        assert made["created_at"] < begun["started_at"] < done["completed_at"]
        assert client.get(f"{ORDERS}/{row.pk}").json() == done

    def test_cancelled(self, machine):
        client, order = client_for("maintenance"), order_for(machine)
        done = client.post(f"{ORDERS}/{order.pk}/cancel", {"reason": "Sold"}).json()
        assert (done["status"], done["cancel_reason"], done["started_at"]) == ("CANCELLED", "Sold", None)
        assert done["cancelled_at"] is not None

    def test_corrective_work_names_its_fault(self, machine):
        fault, client = fault_of(machine), client_for("engineer")
        said = body(ORDERS, maintenance_type="Corrective", fault_id=fault.pk, priority="critical")
        made = client.post(ORDERS, said).json()
        assert (made["fault_id"], made["priority"]) == (fault.pk, "CRITICAL")
        order_for(machine)
        page = client.get(f"{ORDERS}?fault_id={fault.pk}").json()
        assert [row["id"] for row in page["results"]] == [made["id"]]

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
    def test_a_step_out_of_turn_is_a_409_and_changes_nothing(self, machine, way, step):
        client, url = client_for("engineer"), f"{ORDERS}/{order_for(machine).pk}"
        for taken in way.split():
            assert client.post(f"{url}/{taken}", {"reason": "x"}).status_code == 200
        before = client.get(url).json()
        answer = client.post(f"{url}/{step}", {"reason": "y", "notes": "z"})
        assert (answer.status_code, answer.json()["code"]) == (409, "invalid_transition")
        assert client.get(url).json() == before

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"maintenance_type": None}, "maintenance_type"),
            ({"maintenance_type": "magic"}, "maintenance_type"),
            ({"title": ""}, "title"),
            ({"title": "  "}, "title"),
            ({"title": "x" * 151}, "title"),
            ({"title": NUL}, "title"),
            ({"description": HUGE}, "description"),
            ({"priority": "dire"}, "priority"),
            ({"priority": 1}, "priority"),
            ({"notes": HUGE}, "notes"),
            ({"notes": NUL}, "notes"),
            *(({"scheduled_start": wrong}, "scheduled_start") for wrong in [None, *NO_TIMES]),
            *(({"scheduled_end": wrong}, "scheduled_end") for wrong in [None, *NO_TIMES]),
            ({"scheduled_end": "2026-03-02T08:00:00Z"}, "scheduled_end"),
            ({"scheduled_end": "2026-03-02T10:00:00+02:00"}, "scheduled_end"),
            ({"fault_id": "own"}, "fault_id"),
            ({"fault_id": "another's", "maintenance_type": "CORRECTIVE"}, "fault_id"),
            ({"fault_id": 0}, "fault_id"),
            ({"fault_id": -1}, "fault_id"),
            ({"fault_id": 10**30}, "fault_id"),
            ({"fault_id": True}, "fault_id"),
            ({"fault_id": "own and a half", "maintenance_type": "CORRECTIVE"}, "fault_id"),
            ({"fault_id": "x"}, "fault_id"),
            ({"fault_id": NUL}, "fault_id"),
            ({"fault_id": []}, "fault_id"),
        ],
    )
    def test_bad_input_names_the_field_and_stores_nothing(self, machine, change, field):
        own, other = fault_of(machine).pk, fault_of(MachineFactory()).pk
        named = {"own": own, "another's": other, "own and a half": own + 0.5}
        if isinstance(change.get("fault_id"), str):
            change = {**change, "fault_id": named.get(change["fault_id"], change["fault_id"])}
        answer = client_for("engineer").post(ORDERS, body(ORDERS, **change))
        assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])
        assert stored() == 2

    @pytest.mark.parametrize(
        ("step", "said", "field"),
        [
            ("cancel", {}, "reason"),
            ("cancel", {"reason": " "}, "reason"),
            ("cancel", {"reason": "x" * 256}, "reason"),
            ("cancel", {"reason": NUL}, "reason"),
            ("complete", {"notes": HUGE}, "notes"),
            ("complete", {"notes": NUL}, "notes"),
            ("complete", ["notes"], "non_field_errors"),
        ],
    )
    def test_bad_words_at_a_step_change_nothing(self, machine, step, said, field):
        client, url = client_for("engineer"), f"{ORDERS}/{order_for(machine).pk}"
        client.post(f"{url}/start")
        answer = client.post(f"{url}/{step}", said)
        assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])
        assert MaintenanceOrder.objects.get().status == "IN_PROGRESS"

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("", ["C", "B", "A"]),
            ("?ordering=order_number", ["A", "B", "C"]),
            ("?ordering=-urgency", ["B", "A", "C"]),
            ("?priority=critical", ["B"]),
            ("?status=in_progress", ["A"]),
            ("?maintenance_type=corrective", ["C"]),
            ("?search=smoke", ["B"]),
            ("?start=2026-03-02T07:00:00Z&end=2026-03-02T08:00:00Z", ["B"]),
            ("?start=2026-03-02T06:59:00Z&end=2026-03-02T08:00:00Z", ["B", "A"]),
            ("?limit=1&offset=2", ["A"]),
        ],
    )
    def test_listed_filtered_sorted_paged(self, machine, query, found):
        def one(title, start, **given):
            times = {"scheduled_start": at(start), "scheduled_end": at(start + 1)}
            return order_for(given.pop("of", machine), title=title, **times, **given)

        first = one("A", 6, priority="MEDIUM")
        one("B", 7, priority="CRITICAL", description="Smoke")
        one("C", 8, maintenance_type="CORRECTIVE")
        one("D", 7, of=MachineFactory())
        client = client_for("maintenance")
        client.post(f"{ORDERS}/{first.pk}/start")
        assert [row["title"] for row in client.get(ORDERS + query).json()["results"]] == found

    def test_found_by_its_number(self, machine):
        order = order_for(machine)
        order_for(machine)
        page = client_for("viewer").get(f"{ORDERS}?order_number={order.order_number.lower()}").json()
        assert [row["id"] for row in page["results"]] == [order.pk]


class TestBoth:
    @pytest.mark.parametrize("path", PATHS)
    def test_what_is_not_there(self, machine, path):
        here, there = row_at(path, machine), row_at(path, MachineFactory())
        client = client_for("engineer")
        nowhere = path.replace("press", "nowhere")
        step = "resolve" if path == FAULTS else "start"
        for url in (nowhere, path.replace("press", "status")):
            assert client.get(url).status_code == 404
            assert client.post(url, body(path)).status_code == 404
            assert client.post(url, {}).status_code == 404
        for url in (
            f"{nowhere}/{here.pk}",
            f"{path}/{there.pk}",
            f"{path}/0",
            f"{path}/{'9' * 18}",
            f"{path}/x",
        ):
            assert client.get(url).status_code == 404
            assert client.post(f"{url}/{step}").status_code == 404
        assert stored() == 2

    @pytest.mark.parametrize("path", PATHS)
    def test_no_machine_can_be_named_so(self, machine, path):
        client = client_for("engineer")
        for code in ("a%00b", "%ff"):
            assert client.get(path.replace("press", code)).status_code in (400, 404)
            assert client.post(path.replace("press", code), body(path)).status_code in (400, 404)

    @pytest.mark.parametrize("path", PATHS)
    def test_somebodys_own_machine_is_nobody_elses(self, path):
        owner = UserFactory(role="guest")
        mine = MachineFactory(equipment_code="Press", line=None, owner=owner)
        row = row_at(path, mine)
        client = client_for("engineer")
        for url in (path, f"{path}/{row.pk}"):
            assert client.get(url).status_code == 404
        assert client.post(path, body(path)).status_code == 404

    @pytest.mark.parametrize("path", PATHS)
    def test_with_and_without_a_slash_counted(self, machine, path):
        row = row_at(path, machine)
        client = client_for("viewer")
        for slash in ("", "/"):
            assert client.get(path + slash).json()["count"] == 1
            assert client.get(f"{path}/{row.pk}{slash}").json()["id"] == row.pk

    @pytest.mark.parametrize("path", PATHS)
    @pytest.mark.parametrize(
        "query",
        [
            "limit=0",
            "offset=-1",
            "nonsense=1",
            "ordering=password",
            "status=dancing",
            "start=2026-03-02T08:00:00",
            "end=2190-01-01T00:00:00Z",
            "end=2026-03-02T08:00:00Z&start=2026-03-02T08:00:00Z",
        ],
    )
    def test_what_cannot_be_asked_is_a_400_naming_it(self, machine, path, query):
        answer = client_for("viewer").get(f"{path}?{query}")
        assert (answer.status_code, list(answer.json()["errors"])) == (400, [query.split("=")[0]])

    @pytest.mark.parametrize("path", PATHS)
    @pytest.mark.parametrize("value", ["9" * 30, "x", "%00", "1.5", "-1"])
    def test_a_strange_number_is_no_server_error(self, machine, path, value):
        name = "reported_by" if path == FAULTS else "fault_id"
        answer = client_for("viewer").get(f"{path}?{name}={value}")
        assert answer.status_code in (200, 400)
        assert answer.status_code == 400 or answer.json()["count"] == 0

    @pytest.mark.parametrize("path", PATHS)
    @pytest.mark.parametrize("said", [b"", b"[]", b"null", b'"x"', b"{", b'{"title": "\xff"}', b'{"a": NaN}'])
    def test_a_body_that_is_none_is_a_400(self, machine, path, said):
        answer = client_for("engineer").generic("POST", path, said, content_type="application/json")
        assert answer.status_code == 400
        assert stored() == 0

    @pytest.mark.parametrize("path", PATHS)
    def test_etags(self, machine, path):
        row, client = row_at(path, machine), client_for("engineer")
        url, step = f"{path}/{row.pk}", "resolve" if path == FAULTS else "start"
        etag = client.get(url).headers["ETag"]
        assert client.get(url, headers={"If-None-Match": etag}).status_code == 304
        assert client.post(f"{url}/{step}", headers={"If-Match": '"other"'}).status_code == 412
        assert client.post(f"{url}/{step}", headers={"If-Match": etag}).status_code == 200
        assert client.get(url, headers={"If-None-Match": etag}).status_code == 200

    @pytest.mark.parametrize("path", PATHS)
    def test_a_retry_makes_one(self, machine, path):
        client = client_for("engineer")
        first, second = (client.post(path, body(path), headers={"Idempotency-Key": "once"}) for _ in range(2))
        assert (first.status_code, second.status_code, second.json()) == (201, 201, first.json())
        assert second.headers["Idempotent-Replayed"] == "true"
        assert stored() == 1

    @pytest.mark.parametrize("path", PATHS)
    def test_the_queries_do_not_grow_with_the_rows(self, machine, path):
        client, counts = client_for("viewer"), []
        for _ in range(2):
            for _row in range(3):
                row_at(path, machine)
            with CaptureQueriesContext(connection) as queries:
                assert client.get(path).status_code == 200
            counts.append(len(queries))
        assert counts == [3, 3]
