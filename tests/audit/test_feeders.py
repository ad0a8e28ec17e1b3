"""Every edit and every deed leaves a row: who, from where, what was and what is."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction
from django.db.models import F

from accounts.choices import Role
from accounts.models import User
from audit.entities import entity_type, json_safe
from audit.models import AuditLog
from audit.selectors import history_of
from core.context import act_as
from core.ledger import record
from equipment.models import Area, CalendarException, Line, Machine, MachineState, ShiftPattern, Site
from oee.models import LossPolicy
from production.models import ProductModel

pytestmark = pytest.mark.django_db


@pytest.fixture
def site() -> Site:
    return Site.objects.create(code="S1", name="Seoul", timezone="Asia/Seoul")


@pytest.fixture
def line(site: Site) -> Line:
    area = Area.objects.create(site=site, code="A", name="Area")
    return Line.objects.create(area=area, line_code="L1", name="Line 1")


@pytest.fixture
def user() -> User:
    return User.objects.create_user("ann", "ann@example.com", "Secret-2026", full_name="Ann Lee")


def last() -> AuditLog:
    return AuditLog.objects.order_by("-id")[0]


def entries(instance: object) -> list[tuple[str, dict | None, dict | None]]:
    return [(row.action, row.old_values, row.new_values) for row in history_of(instance)]


class TestEdits:
    def test_create_holds_every_value(self, site: Site) -> None:
        row = last()
        assert (row.action, row.entity_type, row.entity_id, row.entity_repr) == (
            "CREATE",
            "sites",
            str(site.pk),
            "Seoul",
        )
        assert row.old_values is None
        assert row.new_values == {
            "id": site.pk,
            "code": "S1",
            "name": "Seoul",
            "timezone": "Asia/Seoul",
            "is_active": True,
        }

    def test_update_holds_only_what_changed_and_the_second_save_starts_from_the_first(
        self, site: Site
    ) -> None:
        site.name = "Busan"
        site.save()
        site.code, site.name = "S2", "Daegu"
        site.save()
        assert entries(site)[1:] == [
            ("UPDATE", {"name": "Seoul"}, {"name": "Busan"}),
            ("UPDATE", {"name": "Busan", "code": "S1"}, {"name": "Daegu", "code": "S2"}),
        ]

    def test_nothing_changed_leaves_nothing(self, site: Site) -> None:
        site.save()
        Site.objects.get(pk=site.pk).save()
        assert len(entries(site)) == 1

    def test_update_fields_tells_what_was_written_and_no_more(self, site: Site) -> None:
        site.name, site.code = "Busan", "S2"
        site.save(update_fields=["name", "updated_at"])
        assert entries(site)[-1] == ("UPDATE", {"name": "Seoul"}, {"name": "Busan"})
        site.save()
        assert entries(site)[-1] == ("UPDATE", {"code": "S1"}, {"code": "S2"})

    def test_refreshing_one_field_does_not_forget_what_another_was(self, site: Site) -> None:
        site.name = "Busan"
        site.refresh_from_db(fields=["code"])
        site.save()
        assert entries(site)[-1] == ("UPDATE", {"name": "Seoul"}, {"name": "Busan"})

    def test_a_deferred_column_that_is_overwritten_shows_its_old_value(self, site: Site) -> None:
        partial = Site.objects.only("code").get(pk=site.pk)
        partial.name = "Busan"
        partial.save()
        assert entries(site)[-1] == ("UPDATE", {"name": "Seoul"}, {"name": "Busan"})

    def test_a_row_saved_by_its_key_alone_shows_its_old_values(self, site: Site) -> None:
        made = Site(pk=site.pk, code="S1", name="Busan", timezone="Asia/Seoul", created_at=site.created_at)
        made.save()
        assert entries(site)[-1] == ("UPDATE", {"name": "Seoul"}, {"name": "Busan"})

    def test_a_copy_under_a_new_key_is_a_creation(self, site: Site) -> None:
        copy = Site.objects.get(pk=site.pk)
        copy.pk, copy.code = None, "S2"
        copy.save()
        assert [action for action, _, _ in entries(copy)] == ["CREATE"]
        assert [action for action, _, _ in entries(site)] == ["CREATE"]

    def test_an_expression_is_entered_as_what_it_came_to(self, line: Line) -> None:
        machine = Machine.objects.create(equipment_code="M1", name="One", line=line, position=1)
        machine.position = F("position") + 4
        machine.save()
        assert entries(machine)[-1] == ("UPDATE", {"position": 1}, {"position": 5})

    def test_text_that_means_the_same_number_is_no_change(self, line: Line) -> None:
        line.refresh_from_db()
        line.target_oee = "0.85"
        line.save()
        assert len(entries(line)) == 1
        line.target_oee = "0.9"
        line.save()
        assert entries(line)[-1] == ("UPDATE", {"target_oee": "0.85"}, {"target_oee": "0.9"})

    def test_a_json_value_changed_in_place_is_seen(self) -> None:
        made = ProductModel.objects.create(model_code="P", model_name="P", specifications={"size": {"x": 1}})
        for product in (made, ProductModel.objects.get(pk=made.pk)):
            before = product.specifications["size"]["x"]
            product.specifications["size"]["x"] += 1
            product.save()
            assert entries(made)[-1] == (
                "UPDATE",
                {"specifications": {"size": {"x": before}}},
                {"specifications": {"size": {"x": before + 1}}},
            )

    def test_delete_holds_every_value_and_outlives_the_row(self, site: Site, user: User) -> None:
        key = site.pk
        with act_as(actor=user, reason="closed"):
            site.delete()
        row = last()
        assert (row.action, row.entity_type, row.entity_id) == ("DELETE", "sites", str(key))
        assert row.old_values["name"] == "Seoul" and row.new_values is None
        assert (row.user_name, row.reason) == ("ann", "closed")
        user.delete()
        row = AuditLog.objects.select_related("user").get(pk=row.pk)
        assert (row.user, row.user_name, row.user_id is not None) == (None, "ann", True)

    def test_rows_deleted_with_their_parent_are_entered(self, line: Line) -> None:
        today = date(2026, 11, 1)
        ShiftPattern.objects.create(
            line=line, name="Day", start_time="08:00", end_time="16:00", valid_from=today
        )
        CalendarException.objects.create(line=line, date=today, kind="HOLIDAY")
        before = AuditLog.objects.count()
        line.delete()
        rows = AuditLog.objects.order_by("id")[before:]
        assert sorted((row.entity_type, row.action) for row in rows) == [
            ("calendar_exceptions", "DELETE"),
            ("lines", "DELETE"),
            ("shift_patterns", "DELETE"),
        ]

    def test_a_row_that_loses_its_parent_is_entered(self, line: Line) -> None:
        machine = Machine.objects.create(equipment_code="M1", name="One")
        line.constraint_machine = machine
        line.save()
        key = machine.pk
        machine.delete()
        line.refresh_from_db()
        assert line.constraint_machine_id is None
        assert entries(line)[-1] == (
            "UPDATE",
            {"constraint_machine_id": key},
            {"constraint_machine_id": None},
        )

    def test_secrets_are_masked(self, user: User) -> None:
        assert last().new_values["password"] == "***"
        user.set_password("Other-2026")
        user.save()
        _, old, new = entries(user)[-1]
        assert (old["password"], new["password"]) == ("***", "***")
        assert not AuditLog.objects.filter(new_values__icontains="bcrypt").exists()

    def test_ignored_columns_alone_leave_nothing(self, user: User) -> None:
        user.last_login = datetime(2026, 11, 22, tzinfo=UTC)
        user.save(update_fields=["last_login"])
        assert len(entries(user)) == 1


class TestManyToMany:
    def test_every_way_of_changing_members(self, user: User) -> None:
        one, two = Group.objects.create(name="one"), Group.objects.create(name="two")
        user.groups.add(one)
        user.groups.add(one)  # already there: no entry
        user.groups.set([two])
        one.user_set.add(user)
        one.user_set.remove(user)
        one.user_set.add(user)
        one.user_set.clear()
        user.groups.clear()
        a, b = one.pk, two.pk
        assert [(old["groups"], new["groups"]) for _, old, new in entries(user)[1:]] == [
            ([], [a]),
            ([a], []),
            ([], [b]),
            ([b], [a, b]),
            ([a, b], [b]),
            ([b], [a, b]),
            ([a, b], [b]),
            ([b], []),
        ]


class TestDeeds:
    def test_a_deed_names_actor_reason_and_values(self, line: Line, user: User) -> None:
        record(
            "equipment.line.stopped",
            line,
            actor=user,
            reason="fire drill",
            old={"speed": Decimal("1.50")},
            new={"at": datetime(2026, 11, 22, 9, tzinfo=timezone(timedelta(hours=9)))},
        )
        row = last()
        assert (row.action, row.entity_type, row.user_id, row.user_name) == (
            "equipment.line.stopped",
            "lines",
            user.pk,
            "ann",
        )
        assert (row.reason, row.entity_repr) == ("fire drill", "Line 1")
        assert row.old_values == {"speed": "1.50"}
        assert row.new_values == {"at": "2026-11-22T00:00:00+00:00"}

    def test_a_code_that_is_none_is_refused(self, line: Line) -> None:
        with pytest.raises(ValueError, match=r"app\.noun\.past"):
            record("stopped", line)

    def test_the_actor_of_the_deed_wins_over_who_is_acting(self, line: Line, user: User) -> None:
        other = User.objects.create_user("bob", "bob@example.com", "Secret-2026")
        with act_as(actor=other):
            record("equipment.line.stopped", line, actor=user)
        assert last().user_name == "ann"


class TestWhoAndWhere:
    def test_nobody_known_is_the_system(self, site: Site) -> None:
        assert (last().source, last().user_id, last().user_name) == ("system", None, "")

    def test_context_is_copied(self, user: User) -> None:
        with act_as(
            actor=user, source="task", request_id="job-7", ip_address="::FFFF:10.0.0.1", user_agent="x" * 300
        ):
            Site.objects.create(code="S", name="S")
        row = last()
        assert (row.source, row.request_id, row.user_agent) == ("task", "job-7", "x" * 255)
        assert row.ip_address in ("10.0.0.1", "::ffff:10.0.0.1")

    def test_an_address_that_is_none_does_not_stop_the_write(self) -> None:
        with act_as(ip_address="unix:"):
            Site.objects.create(code="S", name="S")
        assert last().ip_address is None

    def test_a_write_that_is_rolled_back_leaves_no_entry(self, site: Site) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            Site.objects.create(code="S2", name="two")
            Site.objects.create(code="S1", name="a twin")
        assert AuditLog.objects.count() == 1


@pytest.mark.parametrize(
    ("model", "name"),
    [
        (Site, "sites"),
        (ProductModel, "product_models"),
        (User, "users"),
        (LossPolicy, "loss_policies"),
        (MachineState, "machine_states"),
        (CalendarException, "calendar_exceptions"),
        (type("ProcessData", (), {}), "process_data"),
        (type("AndonEvent", (), {}), "andon_events"),
        (type("Process", (), {}), "processes"),
        (type("OEETarget", (), {}), "oee_targets"),
        (type("Lot", (), {}), "lots"),
        (type("Survey", (), {}), "surveys"),
    ],
)
def test_entity_types(model: type, name: str) -> None:
    if not hasattr(model, "_meta"):
        model._meta = type("Meta", (), {"concrete_model": model})  # type: ignore[attr-defined]
    assert entity_type(model) == name


def test_values_as_json() -> None:
    key = uuid.uuid4()
    given = {
        "decimal": Decimal("1.230"),
        "nan": float("nan"),
        "uuid": key,
        "date": date(2026, 1, 2),
        "span": timedelta(minutes=5),
        "set": {2, 1},
        "role": Role.ADMIN,
        "bytes": b"\x00\xff",
        1: (True, None),
    }
    assert json_safe(given) == {
        "decimal": "1.230",
        "nan": "nan",
        "uuid": str(key),
        "date": "2026-01-02",
        "span": "P0DT00H05M00S",
        "set": [1, 2],
        "role": "admin",
        "bytes": "00ff",
        "1": [True, None],
    }
