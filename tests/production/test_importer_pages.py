"""Imports as people and programs ask for them: the admin's pages, the API, the background job, the files."""

from __future__ import annotations

import os
from datetime import datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.test import Client
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from audit.models import AuditLog
from production.choices import ImportStatus
from production.importer import uploads
from production.importer.column_map import DEFAULT_MAP, Role, as_text
from production.importer.demo import demo_files
from production.importer.imports import (
    FilesGone,
    NotADryRun,
    _visible_progress,
    confirm_import,
    request_import,
    run_import,
    tidy_up,
)
from production.importer.load import ImportOptions
from production.importer.tables import MAX_BYTES
from production.models import ProductionCount, ProductionLogImport, ProductionRun
from tests.production.logs import BATCHES, FACTORS, GERMAN, GERMAN_MAP, small, sources
from tests.support.api import client_for
from tests.support.factories import LineFactory, UserFactory

pytestmark = pytest.mark.django_db
ADD = "/admin/production/productionlogimport/add/"
API = "/api/v1/imports/production-log"


@pytest.fixture(autouse=True)
def uploads_folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "uploads"
    return settings.MEDIA_ROOT / "imports"


@pytest.fixture
def line():
    return LineFactory(line_code="BOTTLING")


def signed_in(role):
    client = Client()
    client.user = UserFactory(role=role)
    client.force_login(client.user, backend="accounts.backends.RoleBackend")
    return client


def posted(files):
    return {role.value: SimpleUploadedFile(source.name, source.content) for role, source in files.items()}


def upload(client, to_line, files=None, **more):
    form = {
        "line": to_line.pk,
        "column_map": as_text(DEFAULT_MAP),
        "dry_run": "on",
        **posted(files or small()),
    }
    return client.post(ADD, {**form, **more})


def finished(row):
    """The import after the worker has had it."""
    run_import(import_id=row.pk)
    row.refresh_from_db()
    return row


def page_of(row):
    return f"/admin/production/productionlogimport/{row.pk}/change/"


def asked(line, files=None, *, dry_run=True, actor=None, options=None):
    return request_import(
        line=line, files=files or small(), options=options or ImportOptions(), dry_run=dry_run,
        actor=actor or UserFactory(role="production_manager"),
    )  # fmt: skip


class TestAdmin:
    def test_from_upload_to_import(self, line, uploads_folder):
        client = signed_in("production_manager")
        answer = upload(client, line, demo_files())
        trial = ProductionLogImport.objects.get()
        assert (answer.status_code, answer["Location"]) == (302, page_of(trial))
        assert (trial.status, trial.dry_run, trial.created_by) == (ImportStatus.PENDING, True, client.user)
        job = ProcrastinateJob.objects.get()
        assert (job.task_name, job.args) == (
            "production.tasks.import_production_log",
            {"import_id": trial.pk},
        )

        page = client.get(page_of(trial)).content.decode()
        assert 'hx-trigger="every 1s"' in page
        assert 'role="progressbar"' in page
        finished(trial)
        assert not ProductionRun.objects.exists()
        page = client.get(page_of(trial)).content.decode()
        for text in (
            "3,180",
            "1,130",
            "2,050",
            "64.47",
            "100.00",
            "Machine failure",
            "236",
            "422143",
            "Import for real",
        ):
            assert text in page
        assert "every 1s" not in page

        answer = client.post(f"/admin/production/productionlogimport/{trial.pk}/confirm/")
        real = ProductionLogImport.objects.exclude(pk=trial.pk).get()
        assert (answer["Location"], real.dry_run) == (page_of(real), False)
        assert finished(real).status == ImportStatus.DONE
        assert (ProductionRun.objects.count(), real.report["imported"]) == (31, 31)
        assert AuditLog.objects.get(action="production.log.imported").user == client.user
        assert list(uploads_folder.iterdir()) == []
        assert "Import for real" not in client.get(page_of(trial)).content.decode()

    def test_form_is_filled_in(self):
        page = signed_in("engineer").get(ADD).content.decode()
        assert "Min batch time" in page
        assert "checked" in page

    def test_fragment_for_the_page_that_asks_again(self, line):
        row = asked(line)
        answer = signed_in("production_manager").get(page_of(row), headers={"HX-Request": "true"})
        assert answer.content.decode().lstrip().startswith('<div id="import-report"')

    def test_list(self, line):
        asked(line)
        assert line.name in signed_in("production_manager").get(ADD.replace("add/", "")).content.decode()

    @pytest.mark.parametrize("role", ["shift_manager", "viewer", "quality", "maintenance"])
    def test_refused(self, line, role):
        client, row = signed_in(role), asked(line)
        assert client.get(ADD).status_code == 403
        assert upload(client, line).status_code == 403
        assert client.get(page_of(row)).status_code == 403
        assert client.post(f"/admin/production/productionlogimport/{row.pk}/confirm/").status_code == 403
        assert ProductionLogImport.objects.count() == 1

    @pytest.mark.parametrize("role", ["operator", "guest", "integration"])
    def test_the_admin_does_not_open(self, line, role):
        answer = upload(signed_in(role), line)
        assert answer.status_code in (302, 403)
        assert not ProductionLogImport.objects.exists()

    def test_confirming_needs_a_post(self, line):
        row = finished(asked(line))
        assert (
            signed_in("admin").get(f"/admin/production/productionlogimport/{row.pk}/confirm/").status_code
            == 403
        )

    def test_unknown_import(self):
        assert signed_in("admin").get(f"{ADD.replace('add', '999')}change/").status_code in (302, 404)

    @pytest.mark.parametrize(
        ("more", "message"),
        [
            ({"column_map": '{"batchs": 1}'}, "batchs"),
            ({"column_map": "{" * 50}, "Not a column map"),
            ({"column_map": "a\x00b"}, "Null characters"),
            ({"separator": "x"}, "not one of the available choices"),
            ({"line": "999999"}, "not one of the available choices"),
            ({"line": "1; drop table"}, "not one of the available choices"),
            ({"stops": ""}, "This field is required"),
            ({"stops": SimpleUploadedFile("big.csv", b"x" * (MAX_BYTES + 1))}, "Larger than 10"),
        ],
    )
    def test_bad_forms(self, line, uploads_folder, more, message):
        answer = upload(signed_in("production_manager"), line, **more)
        assert answer.status_code == 200
        assert message in answer.content.decode()
        assert not ProductionLogImport.objects.exists()
        assert not uploads_folder.exists()

    def test_formulas_and_markup_are_text(self, line):
        batches = BATCHES + '2026-03-02|"=HYPERLINK(""http://x"")<i>"|4|Ann|12:00|13:00\n'
        factors = FACTORS.replace("Machine failure", "<script>alert(1)</script>")
        row = finished(asked(line, small(batches=batches, factors=factors)))
        page = signed_in("production_manager").get(page_of(row)).content.decode()
        assert row.report["errors"][0]["value"] == '=HYPERLINK("http://x")<i>'
        assert "=HYPERLINK(&quot;http://x&quot;)&lt;i&gt;" in page
        assert "&lt;script&gt;alert(1)" in page
        assert "<script>alert(1)" not in page


class TestJob:
    def test_runs_once(self, line):
        row = asked(line, dry_run=False)
        finished(row)
        run_import(import_id=row.pk)
        assert ProductionCount.objects.count() == 2

    def test_unknown_import_is_no_fault(self):
        run_import(import_id=999)

    @pytest.mark.parametrize(
        ("content", "code"),
        [
            (b"\x7fELF\x00\x01", "binary"),
            (b"\xff\xfe\xfd", "encoding"),
            (b"", "empty"),
            (b"a" * 200_000, "csv"),
            (b"a,b,c\n1,2,3\n", "columns_missing"),
        ],
    )
    def test_hostile_files_end_it_with_a_report(self, line, content, code):
        row = finished(asked(line, small(batches=content), dry_run=False))
        assert (row.status, row.report["errors"][0]["code"]) == (ImportStatus.FAILED, code)
        assert not ProductionRun.objects.exists()
        page = signed_in("production_manager").get(page_of(row)).content.decode()
        assert "Nothing was imported" in page

    def test_options_come_through(self, line):
        row = finished(asked(line, sources(GERMAN), options=ImportOptions(GERMAN_MAP, separator=",")))
        assert row.report["imported"] == 2

    def test_names_of_clients_are_for_messages_only(self, line, uploads_folder):
        files = {
            role: type(source)("../../etc/pass\x00wd\ud800.csv", source.content)
            for role, source in small().items()
        }
        row = asked(line, files)
        stored = sorted(str(p.relative_to(uploads_folder)) for p in uploads_folder.rglob("*.csv"))
        assert stored == sorted(row.files.values())
        assert {path.split("/")[1] for path in stored} == {f"{role.value}.csv" for role in Role}
        assert finished(row).status == ImportStatus.DONE
        assert len({table["file"] for table in row.report["tables"].values()}) == 4

    def test_confirm_needs_a_dry_run_that_ended_well(self, line):
        actor = UserFactory(role="production_manager")
        for row in (
            asked(line),
            finished(asked(line, dry_run=False)),
            finished(asked(line, small(batches=b""))),
        ):
            with pytest.raises(NotADryRun):
                confirm_import(dry_run=row, actor=actor)

    def test_confirm_needs_the_files(self, line):
        row = finished(asked(line))
        uploads.discard(row.files)
        with pytest.raises(FilesGone):
            confirm_import(dry_run=row, actor=row.created_by)

    def test_files_that_went_meanwhile(self, line):
        row = asked(line)
        uploads.discard(row.files)
        assert finished(row).report["errors"][0]["code"] == "files_gone"

    def test_tidy_up(self, line, uploads_folder):
        old, young, stalled = asked(line), asked(line), asked(line)
        week_ago = (timezone.now() - timedelta(days=8)).timestamp()
        os.utime((uploads_folder / old.files["batches"]).parent, (week_ago, week_ago))
        ProductionLogImport.objects.filter(pk=stalled.pk).update(
            status=ImportStatus.RUNNING, updated_at=timezone.now() - timedelta(hours=2)
        )
        tidy_up()
        stalled.refresh_from_db()
        assert [uploads.are_there(row.files) for row in (old, young)] == [False, True]
        assert (stalled.status, stalled.report["errors"][0]["code"]) == (ImportStatus.FAILED, "interrupted")


@pytest.mark.django_db(transaction=True)
def test_progress_is_seen_while_the_import_still_runs(line):
    row = asked(line)
    other = connections.create_connection(DEFAULT_DB_ALIAS)

    def seen():
        with other.cursor() as cursor:
            cursor.execute("SELECT progress FROM production_productionlogimport WHERE id = %s", [row.pk])
            return cursor.fetchone()[0]

    try:
        with transaction.atomic(), _visible_progress(row) as tell:
            tell(40)
            assert seen() == 40
            transaction.set_rollback(True)
        assert seen() == 40
    finally:
        other.close()


class TestApi:
    def post(self, client, **more):
        form = {"line_code": "BOTTLING", **posted(small()), **more}
        return client.post(
            API, {key: value for key, value in form.items() if value is not None}, format="multipart"
        )

    def test_dry_run_then_for_real(self, line):
        client = client_for("production_manager")
        answer = self.post(client)
        assert (answer.status_code, answer.data["status"], answer.data["dry_run"]) == (202, "PENDING", True)
        run_import(import_id=answer.data["id"])
        done = client.get(f"{API}/{answer.data['id']}").data
        assert (done["status"], done["progress"], done["report"]["imported"]) == ("DONE", 100, 2)
        confirmed = client.post(f"{API}/{answer.data['id']}/confirm")
        assert (confirmed.status_code, confirmed.data["dry_run"]) == (202, False)
        run_import(import_id=confirmed.data["id"])
        assert ProductionRun.objects.count() == 2
        assert [row["id"] for row in client.get(API).data["results"]] == [
            confirmed.data["id"],
            answer.data["id"],
        ]

    def test_confirming_twice_changes_nothing_more(self, line):
        client = client_for("engineer")
        trial = self.post(client).data["id"]
        run_import(import_id=trial)
        first, second = (client.post(f"{API}/{trial}/confirm") for _ in range(2))
        run_import(import_id=first.data["id"])
        run_import(import_id=second.data["id"])
        assert ProductionCount.objects.count() == 2

    @pytest.mark.parametrize("role", ["operator", "viewer", "shift_manager", "guest", "integration"])
    def test_refused(self, line, role):
        client = client_for(role)
        assert self.post(client).status_code == 403
        assert client.get(API).status_code == 403
        assert not ProductionLogImport.objects.exists()

    def test_unknown_caller(self, line):
        assert self.post(client_for(None)).status_code == 401

    @pytest.mark.parametrize(
        ("more", "field"),
        [
            ({"line_code": "NONE"}, "line_code"),
            ({"line_code": "a\x00"}, "line_code"),
            ({"batches": None}, "batches"),
            ({"stops": "text"}, "stops"),
            ({"separator": "#"}, "separator"),
            ({"column_map": "[1]"}, "column_map"),
            ({"dry_run": "perhaps"}, "dry_run"),
        ],
    )
    def test_bad_requests_name_the_field(self, line, more, field):
        answer = self.post(client_for("production_manager"), **more)
        assert answer.status_code == 400
        assert field in answer.json()["errors"]

    def test_50_megabytes(self, line):
        answer = self.post(
            client_for("production_manager"), batches=SimpleUploadedFile("b.csv", b"x" * 50_000_000)
        )
        assert (answer.status_code, list(answer.json()["errors"])) == (400, ["batches"])

    def test_json_is_no_upload(self, line):
        assert client_for("production_manager").post(API, {"line_code": "BOTTLING"}).status_code == 415

    def test_idempotency_key(self, line):
        client = client_for("production_manager")
        first, second = (
            client.post(API, {"line_code": "BOTTLING", **posted(small())}, format="multipart",
                        headers={"Idempotency-Key": "once"})
            for _ in range(2)
        )  # fmt: skip
        assert (second.status_code, second.data["id"]) == (202, first.data["id"])
        other = client.post(API, {"line_code": "BOTTLING", **posted(small(batches=BATCHES + "\n"))}, format="multipart",
                            headers={"Idempotency-Key": "once"})  # fmt: skip
        assert other.status_code == 422

    def test_confirm_refused(self, line):
        client = client_for("production_manager")
        waiting = self.post(client).data["id"]
        answer = client.post(f"{API}/{waiting}/confirm")
        assert (answer.status_code, answer.json()["code"]) == (409, "not_a_dry_run")


def test_times_of_the_report_are_aware(line):
    row = finished(asked(line))
    assert datetime.fromisoformat(row.report["totals"]["started_at"]).tzinfo is not None
