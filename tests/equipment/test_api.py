"""The plant's master data over HTTP: who may, what is answered, what is refused."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.models import AuditLog
from equipment.models import Line, Machine, ShiftPattern, Site, StopReason
from tests.support.api import API, client_for
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

PATTERN = {
    "name": "Night",
    "weekdays": [0, 1],
    "start_time": "22:00",
    "end_time": "06:00",
    "valid_from": "2026-01-01",
}
LISTS = {
    "sites": SiteFactory,
    "areas": AreaFactory,
    "production/lines": LineFactory,
    "equipment": MachineFactory,
    "shift-patterns": lambda: ShiftPatternFactory(line=LineFactory()),
    "calendar-exceptions": lambda: CalendarExceptionFactory(line=LineFactory()),
    "downtime/reasons": StopReasonFactory,
}
READERS = [
    "admin",
    "production_manager",
    "shift_manager",
    "engineer",
    "operator",
    "maintenance",
    "quality",
    "viewer",
]
ENGINEERS = {"sites", "areas", "equipment", "shift-patterns", "calendar-exceptions"}  # what engineers write


def new_row(path):
    """A body that makes a new row here."""
    return {
        "sites": lambda: {"code": "NEW", "name": "New", "timezone": "Asia/Seoul"},
        "areas": lambda: {"site_id": SiteFactory().pk, "code": "NEW", "name": "New"},
        "production/lines": lambda: {"line_code": "NEW", "name": "New", "area": AreaFactory().pk},
        "equipment": lambda: {"equipment_code": "NEW", "name": "New", "line_id": LineFactory().pk},
        "shift-patterns": lambda: {**PATTERN, "line_id": LineFactory().pk},
        "calendar-exceptions": lambda: {"line_id": LineFactory().pk, "date": "2026-05-01", "kind": "HOLIDAY"},
        "downtime/reasons": lambda: {"code": "NEW", "name": "New", "loss_category": "SETUP"},
    }[path]()


def address(path, row):
    return f"{API}{path}/{row.equipment_code if path == 'equipment' else row.pk}"


class TestWhoMay:
    @pytest.mark.parametrize("path", LISTS)
    def test_everybody_of_the_plant_reads(self, path):
        row = LISTS[path]()
        for role in READERS:
            client = client_for(role)
            assert client.get(API + path).status_code == 200
            assert client.get(address(path, row)).status_code == 200

    @pytest.mark.parametrize("path", [*LISTS, "equipment/status"])
    @pytest.mark.parametrize(("role", "status"), [("guest", 403), (None, 401)])
    def test_guests_and_strangers_see_nothing_of_the_plant(self, path, role, status):
        assert client_for(role).get(API + path).status_code == status

    @pytest.mark.parametrize("path", LISTS)
    @pytest.mark.parametrize(
        "role",
        ["production_manager", "engineer", "shift_manager", "operator", "viewer", "guest", "integration"],
    )
    def test_who_writes(self, path, role):
        may = role == "production_manager" or (role == "engineer" and path in ENGINEERS)
        client, row = client_for(role), LISTS[path]()
        assert client.post(API + path, new_row(path)).status_code == (201 if may else 403)
        name = "x" if path != "calendar-exceptions" else "y"
        assert client.patch(address(path, row), {"name": name}).status_code == (200 if may else 403)
        assert client.delete(address(path, row)).status_code == 403

    @pytest.mark.parametrize("path", LISTS)
    def test_the_administrator_deletes(self, path):
        client = client_for("admin")
        made = client.post(API + path, new_row(path)).json()
        where = f"{API}{path}/{made['equipment_code'] if path == 'equipment' else made['id']}"
        assert client.delete(where).status_code == 204
        assert client.get(where).status_code == 404

    def test_what_has_history_stays_and_who_may_not_delete_is_told_so_first(self):
        machine = MachineFactory()
        reason = StopReasonFactory()
        say(machine, "FAULT", 6, reason_id=reason.pk)
        rows = {
            "sites": machine.line.site,
            "areas": machine.line.area,
            "production/lines": machine.line,
            "equipment": machine,
            "downtime/reasons": reason,
        }
        for path, row in rows.items():
            assert client_for("admin").delete(address(path, row)).status_code == 409
            assert client_for("production_manager").delete(address(path, row)).status_code == 403


class TestLists:
    @pytest.mark.parametrize("path", LISTS)
    def test_with_and_without_a_slash_counted_and_paged(self, path):
        first, _second = LISTS[path](), LISTS[path]()
        client = client_for("viewer")
        for slash in ("", "/"):
            page = client.get(f"{API}{path}{slash}?limit=1").json()
            assert (page["count"], len(page["results"]), bool(page["next"])) == (2, 1, True)
            assert client.get(address(path, first) + slash).status_code == 200

    @pytest.mark.parametrize("path", LISTS)
    @pytest.mark.parametrize(
        "query", ["limit=0", "limit=1001", "limit=x", "offset=-1", "nonsense=1", "ordering=password"]
    )
    def test_what_cannot_be_asked_is_a_400_naming_it(self, path, query):
        answer = client_for("viewer").get(f"{API}{path}?{query}")
        assert answer.status_code == 400
        assert list(answer.json()["errors"]) == [query.split("=")[0]]

    @pytest.mark.parametrize("path", LISTS)
    def test_the_queries_do_not_grow_with_the_rows(self, path):
        client = client_for("viewer")
        counts = []
        for _ in range(2):
            for _row in range(3):
                LISTS[path]()
            with CaptureQueriesContext(connection) as queries:
                assert client.get(API + path).status_code == 200
            counts.append(len(queries))
        assert counts[0] == counts[1] <= 5

    @pytest.mark.parametrize("path", LISTS)
    def test_search_and_ordering_find_and_sort(self, path):
        LISTS[path]()
        client = client_for("viewer")
        assert client.get(f"{API}{path}?search=nowhere-to-be-found").json()["count"] == 0
        assert client.get(f"{API}{path}?ordering=-id").json()["count"] == 1

    @pytest.mark.parametrize(
        ("path", "query", "found"),
        [
            ("sites", "code=s-one", ["S-ONE"]),
            ("production/lines", "site=s-one", ["L-ONE"]),
            ("production/lines", "topology=parallel", ["L-TWO"]),
            ("production/lines", "enabled=false", ["L-TWO"]),
            ("production/lines", "equipment_code=m-one", ["L-ONE"]),
            ("equipment", "line_code=l-two", ["M-TWO"]),
            ("equipment", "state=fault", ["M-ONE"]),
            ("equipment", "state=UNKNOWN", ["M-TWO"]),
            ("equipment", "reason_code=r-one", ["M-ONE"]),
            ("equipment", "is_active=true", ["M-ONE", "M-TWO"]),
            ("downtime/reasons", "loss_category=setup", ["R-TWO"]),
            ("downtime/reasons", "root=true", ["R-ONE"]),
        ],
    )
    def test_filters(self, path, query, found):
        one = LineFactory(line_code="L-ONE", area__site__code="S-ONE")
        two = LineFactory(line_code="L-TWO", area__site__code="S-TWO", topology="PARALLEL", enabled=False)
        MachineFactory(equipment_code="M-TWO", line=two)
        reason = StopReasonFactory(code="R-ONE")
        StopReasonFactory(code="R-TWO", parent=reason, loss_category="SETUP")
        say(MachineFactory(equipment_code="M-ONE", line=one), "FAULT", 6, reason_id=reason.pk)
        rows = client_for("viewer").get(f"{API}{path}?{query}").json()["results"]
        key = {"sites": "code", "production/lines": "line_code", "equipment": "equipment_code"}.get(
            path, "code"
        )
        assert sorted(row[key] for row in rows) == found

    def test_a_word_that_is_none_is_refused(self):
        answer = client_for("viewer").get(f"{API}equipment?state=dancing")
        assert (answer.status_code, list(answer.json()["errors"])) == (400, ["state"])


class TestLines:
    def test_a_line_has_the_keys_of_the_contract(self):
        line = LineFactory(line_code="L1", target_speed=1200)
        second, first = MachineFactory(line=line, position=2), MachineFactory(line=line, position=1)
        line.constraint_machine = first
        line.save()
        say(first, "RUNNING", 6)
        row = client_for("viewer").get(f"{API}production/lines/{line.pk}").json()
        assert row == {
            "id": line.pk,
            "line_code": "L1",
            "name": "Line L1",
            "description": "",
            "site": line.site.code,
            "area": line.area.code,
            "equipment_codes": [first.equipment_code, second.equipment_code],
            "constraint_equipment_code": first.equipment_code,
            "target_speed": 1200,
            "target_oee": 0.85,
            "topology": "SERIES",
            "enabled": True,
            "status": "RUNNING",
            "created_at": row["created_at"],
            "updated_at": row["updated_at"],
        }

    @pytest.mark.parametrize("word", ["pk", "code", "name"])
    def test_the_area_is_given_by_id_code_or_name(self, word):
        area = AreaFactory()
        AreaFactory()
        body = {"line_code": "N", "name": "N", "area": getattr(area, word)}
        made = client_for("production_manager").post(f"{API}production/lines", body)
        assert (made.status_code, made.json()["area"], made.json()["site"]) == (
            201,
            area.code,
            area.site.code,
        )

    def test_the_same_area_code_in_two_sites_needs_the_site(self):
        one, two = AreaFactory(code="ASM"), AreaFactory(code="ASM")
        client = client_for("production_manager")
        body = {"line_code": "N", "name": "N", "area": "ASM"}
        refused = client.post(f"{API}production/lines", body)
        assert (refused.status_code, list(refused.json()["errors"])) == (400, ["area"])
        made = client.post(f"{API}production/lines", {**body, "site": two.site.code})
        assert made.json()["site"] == two.site.code != one.site.code

    def test_machines_come_in_order_with_the_constraint_and_leave_again(self):
        one, two = MachineFactory(line=None), MachineFactory(line=None)
        client = client_for("production_manager")
        codes = [two.equipment_code.lower(), one.equipment_code]
        body = {
            "line_code": "N",
            "name": "N",
            "area": AreaFactory().pk,
            "equipment_codes": codes,
            "constraint_equipment_code": one.equipment_code,
        }
        made = client.post(f"{API}production/lines", body).json()
        assert made["equipment_codes"] == [two.equipment_code, one.equipment_code]
        assert made["constraint_equipment_code"] == one.equipment_code
        where = f"{API}production/lines/{made['id']}"
        left = client.patch(where, {"equipment_codes": [two.equipment_code]})
        assert (left.status_code, list(left.json()["errors"])) == (400, ["constraint_equipment_code"])
        left = client.patch(
            where, {"equipment_codes": [two.equipment_code], "constraint_equipment_code": None}
        )
        assert left.json()["equipment_codes"] == [two.equipment_code]
        assert Machine.objects.get(pk=one.pk).line is None

    def test_put_replaces(self):
        line = LineFactory()
        body = {"line_code": line.line_code, "name": "Other", "area": line.area.pk, "target_oee": 0.7}
        answer = client_for("production_manager").put(f"{API}production/lines/{line.pk}", body)
        assert (answer.status_code, answer.json()["name"], answer.json()["target_oee"]) == (200, "Other", 0.7)

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("line_code", ""),
            ("line_code", "a/b"),
            ("line_code", "x" * 51),
            ("line_code", None),
            ("line_code", {"a": 1}),
            ("name", "a\0b"),
            ("area", "nowhere"),
            ("area", True),
            ("area", ["x"]),
            ("area", 10**30),
            ("target_speed", -1),
            ("target_speed", 0),
            ("target_speed", 10**12),
            ("target_speed", "NaN"),
            ("target_speed", "Infinity"),
            ("target_oee", 1.2),
            ("target_oee", 85),
            ("target_oee", -0.1),
            ("topology", "RING"),
            ("enabled", "perhaps"),
            ("equipment_codes", "M1"),
            ("equipment_codes", ["nowhere"]),
            ("equipment_codes", [1.5, None]),
            ("constraint_equipment_code", "nowhere"),
            ("constraint_equipment_code", 7),
        ],
    )
    def test_bad_input_names_the_field_and_stores_nothing(self, field, value):
        body = {"line_code": "N", "name": "N", "area": AreaFactory().pk, field: value}
        answer = client_for("production_manager").post(f"{API}production/lines", body)
        assert answer.status_code == 400
        assert field in {name.split(".")[0] for name in answer.json()["errors"]}
        assert not Line.objects.exists()

    @pytest.mark.parametrize("body", [b"[]", b"7", b"null", b"{", b"\xff", b'{"line_code": NaN}', b'"x"'])
    def test_a_body_that_is_no_object(self, body):
        answer = client_for("admin").post(f"{API}production/lines", body, content_type="application/json")
        assert answer.status_code == 400
        assert isinstance(answer.json()["detail"], str)

    def test_what_is_derived_cannot_be_written(self):
        line = LineFactory()
        answer = client_for("admin").patch(f"{API}production/lines/{line.pk}", {"status": "RUNNING", "id": 1})
        assert (answer.json()["status"], answer.json()["id"]) == ("UNKNOWN", line.pk)

    @pytest.mark.parametrize("pk", ["x", "0", "-1", "9" * 30, "1.5"])
    def test_an_unknown_line_is_not_found(self, pk):
        assert client_for("admin").get(f"{API}production/lines/{pk}").status_code == 404


class TestTwins:
    @pytest.mark.parametrize(
        ("path", "field"),
        [
            ("sites", "code"),
            ("areas", "code"),
            ("production/lines", "line_code"),
            ("equipment", "equipment_code"),
            ("downtime/reasons", "code"),
        ],
    )
    def test_a_code_that_is_taken_is_a_conflict(self, path, field):
        client, body = client_for("admin"), new_row(path)
        assert client.post(API + path, body).status_code == 201
        again = client.post(API + path, body)
        assert (again.status_code, again.json()["code"]) == (409, "duplicate")
        assert {field, "non_field_errors"} & set(again.json()["errors"])

    def test_machine_codes_are_one_whatever_the_case(self):
        MachineFactory(equipment_code="Press")
        body = {"equipment_code": "PRESS", "name": "x"}
        assert client_for("admin").post(f"{API}equipment", body).status_code == 409


class TestEquipment:
    def test_a_machine_is_found_by_its_code_in_any_case(self):
        machine = MachineFactory(equipment_code="Press 1.A", position=3)
        reason = StopReasonFactory(code="JAM")
        say(machine, "FAULT", 6, reason_id=reason.pk)
        row = client_for("viewer").get(f"{API}equipment/PRESS%201.a").json()
        assert {
            key: row[key] for key in ("equipment_code", "line_id", "position", "state", "reason_code")
        } == {
            "equipment_code": "Press 1.A",
            "line_id": machine.line_id,
            "position": 3,
            "state": "FAULT",
            "reason_code": "JAM",
        }
        assert row["state_since"] == "2026-03-02T06:00:00Z"

    def test_a_silent_machine_is_unknown(self):
        row = client_for("viewer").get(f"{API}equipment/{MachineFactory().equipment_code}/status").json()
        assert (row["state"], row["state_since"], row["reason_code"]) == ("UNKNOWN", None, None)

    def test_all_states_at_a_fixed_path_that_no_machine_can_hide(self):
        one, two = MachineFactory(), MachineFactory()
        say(one, "RUNNING", 6)
        page = client_for("operator").get(f"{API}equipment/status").json()
        assert {row["equipment_code"]: row["state"] for row in page["results"]} == {
            one.equipment_code: "RUNNING",
            two.equipment_code: "UNKNOWN",
        }
        answer = client_for("admin").post(f"{API}equipment", {"equipment_code": "Status", "name": "x"})
        assert (answer.status_code, list(answer.json()["errors"])) == (400, ["equipment_code"])

    def test_somebodys_own_machine_is_theirs_alone(self):
        own = MachineFactory(line=None, owner=UserFactory(role="guest"))
        client = client_for("admin")
        assert client.get(f"{API}equipment").json()["count"] == 0
        for path in ("", "/status", "/history"):
            assert client.get(f"{API}equipment/{own.equipment_code}{path}").status_code == 404
        answer = client.patch(
            f"{API}production/lines/{LineFactory().pk}", {"equipment_codes": [own.equipment_code]}
        )
        assert answer.status_code == 400

    def test_the_state_is_told_and_never_set(self):
        machine = MachineFactory()
        answer = client_for("engineer").patch(
            f"{API}equipment/{machine.equipment_code}", {"state": "RUNNING", "name": "New"}
        )
        assert (answer.json()["state"], answer.json()["name"]) == ("UNKNOWN", "New")

    def test_a_constraint_does_not_leave_its_line(self):
        machine = MachineFactory()
        machine.line.constraint_machine = machine
        machine.line.save()
        answer = client_for("engineer").patch(f"{API}equipment/{machine.equipment_code}", {"line_id": None})
        assert (answer.status_code, list(answer.json()["errors"])) == (400, ["line_id"])

    @pytest.mark.parametrize(
        ("field", "value"),
        [("line_id", 10**30), ("line_id", "x"), ("line_id", True), ("position", -1), ("position", 10**9)],
    )
    def test_bad_input_names_the_field(self, field, value):
        body = {"equipment_code": "N", "name": "N", field: value}
        answer = client_for("engineer").post(f"{API}equipment", body)
        assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])

    @pytest.mark.parametrize("method", ["get", "put", "patch", "delete"])
    def test_an_unknown_machine_is_not_found(self, method):
        assert getattr(client_for("admin"), method)(f"{API}equipment/nowhere").status_code == 404


class TestReasons:
    def test_the_tree_hangs_below_each_reason(self):
        client = client_for("production_manager")
        top = client.post(
            f"{API}downtime/reasons", {"code": "MEC", "name": "Mechanical", "loss_category": "breakdown"}
        ).json()
        low = client.post(
            f"{API}downtime/reasons",
            {
                "code": "JAM",
                "name": "Jam",
                "loss_category": "MINOR_STOP",
                "parent_id": top["id"],
                "planned": False,
            },
        ).json()
        read = client.get(f"{API}downtime/reasons/{top['id']}").json()
        assert read["loss_category"] == "BREAKDOWN"
        assert [child["code"] for child in read["children"]] == ["JAM"]
        assert (low["parent_id"], low["children"], low["planned"]) == (top["id"], [], False)
        (root,) = client.get(f"{API}downtime/reasons?root=true").json()["results"]
        assert root["children"][0] == low

    def test_no_circle(self):
        top = StopReasonFactory()
        low = StopReasonFactory(parent=top)
        answer = client_for("production_manager").patch(
            f"{API}downtime/reasons/{top.pk}", {"parent_id": low.pk}
        )
        assert (answer.status_code, list(answer.json()["errors"])) == (400, ["parent_id"])

    def test_a_circle_that_two_made_at_once_still_answers(self):
        top = StopReasonFactory()
        low = StopReasonFactory(parent=top)
        top.parent = low
        top.save()
        assert client_for("viewer").get(f"{API}downtime/reasons").status_code == 200

    def test_a_reason_with_children_stays(self):
        low = StopReasonFactory(parent=StopReasonFactory())
        assert client_for("admin").delete(f"{API}downtime/reasons/{low.parent_id}").status_code == 409
        assert StopReason.objects.count() == 2

    @pytest.mark.parametrize(
        ("field", "value"), [("loss_category", "BAD"), ("planned", "maybe"), ("parent_id", 0), ("code", " ")]
    )
    def test_bad_input_names_the_field(self, field, value):
        body = {"code": "N", "name": "N", "loss_category": "SETUP", field: value}
        answer = client_for("production_manager").post(f"{API}downtime/reasons", body)
        assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])


class TestRequests:
    def test_a_stale_write_is_refused(self):
        site = SiteFactory()
        client = client_for("admin")
        tag = client.get(f"{API}sites/{site.pk}")["ETag"]
        assert (
            client.patch(f"{API}sites/{site.pk}", {"name": "A"}, headers={"If-Match": tag}).status_code == 200
        )
        assert (
            client.patch(f"{API}sites/{site.pk}", {"name": "B"}, headers={"If-Match": tag}).status_code == 412
        )
        assert Site.objects.get().name == "A"

    def test_a_retry_makes_no_second_row(self):
        client = client_for("admin")
        body = {**PATTERN, "line_id": LineFactory().pk}
        answers = [
            client.post(f"{API}shift-patterns", body, headers={"Idempotency-Key": "once"}) for _ in range(2)
        ]
        assert [a.status_code for a in answers] == [201, 201]
        assert answers[0].json() == answers[1].json()
        assert ShiftPattern.objects.count() == 1

    def test_every_edit_is_in_the_audit_trail(self):
        client = client_for("admin")
        made = client.post(f"{API}sites", {"code": "A", "name": "A"}).json()
        client.patch(f"{API}sites/{made['id']}", {"name": "B"})
        client.delete(f"{API}sites/{made['id']}")
        entries = AuditLog.objects.filter(entity_type="sites", entity_id=made["id"]).order_by("pk")
        assert [(entry.action, entry.user_id) for entry in entries] == [
            (action, client.user.pk) for action in ("CREATE", "UPDATE", "DELETE")
        ]
