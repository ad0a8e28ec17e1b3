"""Partitions made ahead, tallies merged, and old months archived before they are dropped."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from audit.models import AuditLog
from production.actions import upkeep
from production.models import ProcessData, StepMark, Tally
from tests.support.factories import UserFactory
from tests.support.production_factories import ProductFactory
from tests.support.trace_factories import ProcessFactory, lot_of, record_of, route_for, unit_in

pytestmark = pytest.mark.django_db
OLD = "2019-05"


@pytest.fixture
def admin():
    return UserFactory(role="admin", username="boss")


@pytest.fixture
def unit():
    product, steps = ProductFactory(), [ProcessFactory() for _ in range(3)]
    route_for(product, steps)
    unit = unit_in(lot_of(product))
    unit.steps = steps
    return unit


def record_on(unit, place, day, **said):
    at = f"{day}T10:00:00Z"
    if said.get("result", "PASS"):
        said["completed_at"] = at
    return record_of(unit, unit.steps[place], started_at=at, **said)


def partition_of(row):
    with connection.cursor() as cursor:
        cursor.execute("SELECT tableoid::regclass::text FROM production_processdata WHERE id = %s", [row.pk])
        return cursor.fetchone()[0]


def archive(tmp_path, before="2019-06", user="boss"):
    out = StringIO()
    call_command(
        "archive_process_data", "--before", before, "--dir", str(tmp_path), "--user", user, stdout=out
    )
    return out.getvalue()


def test_the_months_ahead_are_there():
    assert upkeep.make_partitions() == []
    ahead = timezone.now() + timedelta(days=62)
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s)", [f"production_processdata_{ahead:%Y_%m}"])
        assert cursor.fetchone()[0] is not None


def test_what_the_default_caught_gets_its_month(unit):
    row = record_on(unit, 0, f"{OLD}-03")
    assert partition_of(row) == "production_processdata_default"
    assert upkeep.make_partitions() == [OLD]
    assert partition_of(row) == "production_processdata_2019_05"
    assert upkeep.make_partitions() == []


def test_tallies_are_merged(unit):
    record_on(unit, 0, f"{OLD}-03")
    before = sum(Tally.objects.filter(subject="PROCESS").values_list("count", flat=True))
    upkeep.merge_tallies()
    assert not Tally.objects.filter(base=False).exists()
    assert sum(Tally.objects.filter(subject="PROCESS").values_list("count", flat=True)) == before == 1


def test_a_month_is_written_verified_and_dropped(unit, admin, tmp_path):
    first = record_on(unit, 0, f"{OLD}-03", notes='with "quotes", a\nnew line and 한글')
    second = record_on(unit, 1, f"{OLD}-04")
    later = record_on(unit, 2, "2019-06-01")
    counted = sum(Tally.objects.filter(subject="PROCESS").values_list("count", flat=True))
    assert f"{OLD}: 2 rows" in archive(tmp_path)
    assert list(ProcessData.objects.values_list("pk", flat=True)) == [later.pk]
    body = gzip.decompress((tmp_path / f"process-data-{OLD}.csv.gz").read_bytes())
    rows = list(csv.DictReader(io.StringIO(body.decode())))
    assert [int(row["id"]) for row in rows] == [first.pk, second.pk]
    assert rows[0]["notes"] == first.notes
    told = json.loads((tmp_path / f"process-data-{OLD}.csv.gz.json").read_text())
    assert (told["rows"], told["sha256"]) == (2, hashlib.sha256(body).hexdigest())
    deed = AuditLog.objects.get(action="production.month.archived")
    assert (deed.user, deed.new_values["sha256"], deed.new_values["rows"]) == (admin, told["sha256"], 2)
    assert sum(Tally.objects.filter(subject="PROCESS").values_list("count", flat=True)) == counted
    assert StepMark.objects.filter(passed=True).count() == 3
    assert not list(tmp_path.glob("*.partial"))


def test_what_waits_for_its_completion_is_kept(unit, admin, tmp_path):
    record_on(unit, 0, f"{OLD}-03", result=None)
    with pytest.raises(CommandError, match="1 steps wait"):
        archive(tmp_path)
    assert ProcessData.objects.count() == 1
    assert not (tmp_path / f"process-data-{OLD}.csv.gz").exists()


def test_a_file_that_does_not_read_as_written_drops_nothing(unit, admin, tmp_path, monkeypatch):
    record_on(unit, 0, f"{OLD}-03")
    monkeypatch.setattr(upkeep, "_unpacked", lambda path: iter([b"a bad disk"]))
    with pytest.raises(CommandError, match="does not read"):
        archive(tmp_path)
    assert ProcessData.objects.count() == 1


def test_a_month_that_changes_meanwhile_is_kept(unit, admin, tmp_path, monkeypatch):
    row = record_on(unit, 0, f"{OLD}-03")
    verify = upkeep._verify

    def while_somebody_corrects(*args):
        verify(*args)
        with connection.cursor() as cursor:
            cursor.execute("UPDATE production_processdata SET notes = 'late' WHERE id = %s", [row.pk])

    monkeypatch.setattr(upkeep, "_verify", while_somebody_corrects)
    with pytest.raises(CommandError, match="has changed"):
        archive(tmp_path)
    assert ProcessData.objects.count() == 1


def test_only_an_administrator_and_only_what_is_past(admin, tmp_path):
    UserFactory(username="manager", role="production_manager")
    with pytest.raises(CommandError, match="may not delete"):
        archive(tmp_path, user="manager")
    ahead = f"{timezone.now() + timedelta(days=40):%Y-%m}"
    with pytest.raises(CommandError, match="present month"):
        archive(tmp_path, before=ahead)
    with pytest.raises(CommandError, match="no month"):
        archive(tmp_path, before="2019-13")
