"""The database refuses to change the trail, whoever asks and however; partitions are made ahead of time."""

from __future__ import annotations

from datetime import UTC, datetime
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import ProgrammingError, connection, transaction

from audit.actions import enter, make_partitions, seal
from audit.models import AuditLink, AuditLog, AuditSeal
from audit.verification import verify
from core.ledger import Entry
from equipment.models import Site

pytestmark = pytest.mark.django_db


def entry() -> AuditLog:
    enter(entries=[Entry("tests.site.seen", Site(pk=1, code="S", name="S"))])
    return AuditLog.objects.order_by("-id")[0]


def partition_of(row: AuditLog) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tableoid::regclass::text FROM audit_auditlog WHERE id = %s", [row.pk])
        return cursor.fetchone()[0]


def partitions() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'audit_auditlog'::regclass"
        )
        return {name for (name,) in cursor.fetchall()}


def dated(year: int, month: int, day: int = 1) -> AuditLog:
    row = AuditLog(
        action="tests.site.seen",
        entity_type="sites",
        entity_id="1",
        entity_repr="S",
        source="system",
        created_at=datetime(year, month, day, tzinfo=UTC),
    )
    row.save(force_insert=True)
    return row


def refused(sql: str) -> None:
    with (
        pytest.raises(ProgrammingError, match="only ever added to"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql)


class TestRefusal:
    @pytest.mark.parametrize("sql", ["UPDATE {} SET reason = 'x'", "DELETE FROM {}", "TRUNCATE {}"])
    def test_by_the_parent_and_by_each_partition(self, sql: str) -> None:
        here, far = entry(), dated(2040, 5)
        for table in ("audit_auditlog", partition_of(here), partition_of(far)):
            refused(sql.format(table))
        assert AuditLog.objects.count() == 2

    @pytest.mark.parametrize("sql", ["UPDATE {} SET digest = ''", "DELETE FROM {}", "TRUNCATE {}"])
    @pytest.mark.parametrize("table", ["audit_auditlink", "audit_auditseal"])
    def test_by_the_chain(self, sql: str, table: str) -> None:
        entry()
        seal()
        refused(sql.format(table))
        assert (AuditLink.objects.count(), AuditSeal.objects.count()) == (1, 1)

    def test_truncate_of_everything_at_once(self) -> None:
        refused("TRUNCATE audit_auditlog, audit_auditlink, audit_auditseal CASCADE")

    def test_every_empty_partition_refuses_truncate_too(self) -> None:
        for table in partitions():
            refused(f"TRUNCATE {table}")

    def test_through_the_models(self) -> None:
        row = entry()
        row.reason = "x"
        for write in (row.save, row.delete, AuditLog.objects.all().delete):
            with pytest.raises(ProgrammingError, match="only ever added to"), transaction.atomic():
                write()

    def test_upsert(self) -> None:
        row = entry()
        refused(
            f"INSERT INTO {partition_of(row)} SELECT * FROM audit_auditlog"
            " ON CONFLICT (id, created_at) DO UPDATE SET reason = 'x'"
        )


class TestPartitions:
    def test_this_month_and_the_next_three_are_there(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT 'audit_auditlog_' || to_char(now() AT TIME ZONE 'UTC' + n * interval '1 month', 'YYYY_MM')"
                " FROM generate_series(0, 3) n"
            )
            wanted = {name for (name,) in cursor.fetchall()}
        make_partitions()
        assert wanted | {"audit_auditlog_default"} <= partitions()
        assert partition_of(entry()) in wanted

    def test_making_them_twice_makes_nothing(self) -> None:
        make_partitions()
        assert make_partitions() == []
        out = StringIO()
        call_command("audit_partitions", stdout=out)
        assert out.getvalue() == "all partitions are there\n"

    def test_rows_of_the_default_partition_move_into_their_month_unchanged(self) -> None:
        make_partitions()
        rows = [dated(2040, 5, 1), dated(2040, 5, 31), dated(2041, 12, 31)]
        assert {partition_of(row) for row in rows} == {"audit_auditlog_default"}
        seal()
        assert make_partitions() == ["2040-05", "2041-12"]
        assert [partition_of(row) for row in rows] == [
            "audit_auditlog_2040_05",
            "audit_auditlog_2040_05",
            "audit_auditlog_2041_12",
        ]
        assert (verify().valid, verify().checked) == (True, 3)
        assert partition_of(dated(2042, 1)) == "audit_auditlog_default"
        for table in ("audit_auditlog_2040_05", "audit_auditlog_default"):
            refused(f"DELETE FROM {table}")
            refused(f"TRUNCATE {table}")

    def test_a_month_begins_at_midnight_utc(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL TimeZone = 'Asia/Seoul'")
            cursor.execute("SELECT audit_make_partition('2040-05-01')")
        last_of_april = dated(2040, 4, 30)
        assert partition_of(dated(2040, 5)) == "audit_auditlog_2040_05"
        assert partition_of(last_of_april) == "audit_auditlog_default"
