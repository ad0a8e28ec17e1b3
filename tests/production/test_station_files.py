"""Completions dropped as files: each taken in once, and every bad one told why."""

from __future__ import annotations

import json
import os
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Employee
from audit.models import AuditLog
from production.models import ProcessData, Serial
from production.station_files import MAX_FILE, Folder
from tests.support.factories import UserFactory
from tests.support.production_factories import ProductFactory
from tests.support.trace_factories import ProcessFactory, lot_of, record_of, route_for, unit_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def steps():
    return [ProcessFactory(), ProcessFactory()]


@pytest.fixture
def unit(steps):
    product = ProductFactory()
    route_for(product, steps)
    return unit_in(lot_of(product))


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path, UserFactory(role="integration", username="stations"))


def said(unit, step, **more):
    return {"serial_number": unit.serial_number, "process_code": step.process_code, "result": "PASS", **more}


def drop(folder, name, content):
    path = folder.path / name
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    path.write_bytes(body)
    return path


def names(folder, place):
    return sorted(os.listdir(folder.path / place))


def look(folder):
    """Twice: a file is ready when it has not changed since the last look."""
    assert folder.look() == 0
    return folder.look()


def why(folder, name):
    return (folder.path / "error" / f"{name}.error.txt").read_text()


def test_a_completion_is_taken_in_and_moved(folder, unit, steps):
    worker = UserFactory(username="worker")
    content = said(
        unit,
        steps[0],
        operator="WORKER",
        measurements={"depth": 0.05},
        started_at="2026-03-02T08:00:00+01:00",
        completed_at="2026-03-02T08:00:45+01:00",
    )
    drop(folder, "a.json", content)
    assert look(folder) == 1
    record = ProcessData.objects.get()
    assert (record.operator, record.duration_seconds, record.measurements) == (worker, 45, {"depth": 0.05})
    assert AuditLog.objects.get(entity_type="process_data", action="CREATE").user == folder.user
    assert (names(folder, "done"), names(folder, "error")) == (["a.json"], [])
    assert not (folder.path / "a.json").exists()


def test_by_badge_or_by_the_folders_own_account(folder, unit, steps):
    worker = UserFactory()
    Employee.objects.create(name="Worker", badge="B-17", user=worker)
    drop(folder, "a.json", said(unit, steps[0], operator="B-17"))
    look(folder)
    drop(folder, "b.json", said(unit, steps[1]))
    look(folder)
    assert list(ProcessData.objects.order_by("id").values_list("operator", flat=True)) == [
        worker.pk,
        folder.user.pk,
    ]


def test_a_started_step_is_completed(folder, unit, steps):
    begun = record_of(unit, steps[0], result=None)
    drop(folder, "a.json", said(unit, steps[0], started_at="2026-03-02T08:00:00Z", operator="nobody"))
    look(folder)
    assert "nobody" not in str(ProcessData.objects.get().operator)
    drop(folder, "b.json", said(unit, steps[0], started_at="2026-03-02T08:00:00Z"))
    look(folder)
    begun.refresh_from_db()
    assert begun.result == "PASS"


def test_the_oldest_comes_first(folder, unit, steps):
    for age, (name, step) in enumerate([("z.json", steps[0]), ("a.json", steps[1])]):
        os.utime(drop(folder, name, said(unit, step)), (1_700_000_000 + age, 1_700_000_000 + age))
    assert look(folder) == 2
    assert Serial.objects.get(pk=unit.pk).status == "PASSED"


def test_what_is_still_being_written_waits(folder, unit, steps):
    whole = json.dumps(said(unit, steps[0])).encode()
    path = drop(folder, "a.json", whole[:20])
    assert folder.look() == 0
    path.write_bytes(whole)
    assert folder.look() == 0
    drop(folder, "b.json.tmp", whole)
    drop(folder, ".c.json", whole)
    assert folder.look() == 1
    assert names(folder, "error") == []
    assert folder.look() == folder.look() == 0


def test_never_twice(folder, unit, steps):
    content = said(unit, steps[0], result="FAIL", notes="dead")
    drop(folder, "a.json", content)
    look(folder)
    drop(folder, "a.json", content)  # as after a crash between the record and the move
    assert look(folder) == 1
    assert ProcessData.objects.count() == 1
    assert names(folder, "done") == ["a.2.json", "a.json"]
    assert names(folder, "error") == []


def test_never_twice_by_the_id_of_the_file(folder, unit, steps):
    drop(folder, "a.json", said(unit, steps[0], file_id="T-1"))
    drop(folder, "b.json", said(unit, steps[0], file_id="T-1", notes="again"))
    assert look(folder) == 2
    assert ProcessData.objects.count() == 1
    assert names(folder, "error") == []


def test_a_restart_goes_on(folder, unit, steps):
    drop(folder, "a.json", said(unit, steps[0]))
    folder.look()
    again = Folder(folder.path, folder.user)
    assert look(again) == 1


BAD = {
    "no JSON": (b"{", "not valid JSON"),
    "empty": (b"", "not valid JSON"),
    "no object": (b"[]", "JSON object"),
    "no UTF-8": (b'{"notes": "\xff\xfe"}', "not valid JSON"),
    "null characters": (
        b'{"serial_number": "a\\u0000", "process_code": "x", "result": "PASS"}',
        "serial_number",
    ),
    "not a number": (b'{"measurements": {"a": NaN}}', "not valid JSON"),
    "no unit": ({"process_code": "P", "result": "PASS"}, "serial_number"),
    "no result": ({"serial_number": "S", "process_code": "P"}, "result"),
    "an unknown unit": ({"serial_number": "S", "process_code": "P", "result": "PASS"}, "There is no unit S"),
    "a bad operator": (
        {"serial_number": "S", "process_code": "P", "result": "PASS", "operator": 7},
        "operator",
    ),
    "a bad id": ({"serial_number": "S", "process_code": "P", "result": "PASS", "file_id": [1]}, "file_id"),
    "huge": (b" " * (MAX_FILE + 1), "larger than"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_told_why_and_holds_up_no_other(name, folder, unit, steps):
    content, word = BAD[name]
    drop(folder, "bad.json", content)
    drop(folder, "good.json", said(unit, steps[0]))
    assert look(folder) == 2
    assert names(folder, "done") == ["good.json"]
    assert names(folder, "error") == ["bad.json", "bad.json.error.txt"]
    assert word in why(folder, "bad.json")
    assert ProcessData.objects.count() == 1


def test_the_rules_of_the_line_hold_here_too(folder, unit, steps):
    drop(folder, "a.json", said(unit, steps[1]))
    look(folder)
    assert steps[0].process_code in why(folder, "a.json")
    assert not ProcessData.objects.exists()


def test_links_and_pipes_are_not_read(folder, unit, steps, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside") / "secret.json"
    outside.write_text(json.dumps(said(unit, steps[0])))
    os.symlink(outside, folder.path / "link.json")
    os.symlink("/nowhere", folder.path / "lost.json")
    os.mkfifo(folder.path / "pipe.json")
    (folder.path / "folder.json").mkdir()
    assert look(folder) == 3
    assert not ProcessData.objects.exists()
    assert outside.exists()
    assert [name for name in names(folder, "error") if name.endswith(".json")] == [
        "link.json",
        "lost.json",
        "pipe.json",
    ]


def test_names_that_are_no_text_and_long_ones(folder, unit, steps):
    odd = os.fsdecode(b"\xff\xfe.json")
    long = "가" * 80 + ".json"
    drop(folder, odd, b"{")
    drop(folder, long, b"[]")
    drop(folder, "good.json", said(unit, steps[0]))
    assert look(folder) == 3
    assert len(names(folder, "error")) == 4
    assert ProcessData.objects.count() == 1


def test_the_command_once(folder, unit, steps):
    drop(folder, "a.json", said(unit, steps[0]))
    out = StringIO()
    call_command(
        "watch_station_files", "--dir", str(folder.path), "--user", "stations", "--once", "--seconds", "0",
        stdout=out,
    )  # fmt: skip
    assert out.getvalue() == "1 files\n"
    assert ProcessData.objects.count() == 1


def test_the_command_asks_for_an_account_that_may(folder, tmp_path):
    UserFactory(username="walter", role="operator")
    for user, path in (("nobody", tmp_path), ("walter", tmp_path), ("stations", tmp_path / "nowhere")):
        with pytest.raises(CommandError):
            call_command("watch_station_files", "--dir", str(path), "--user", user, "--once")
