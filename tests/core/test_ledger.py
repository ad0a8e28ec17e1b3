"""The guard on bulk writes, what a model remembers of its row, and the doors that name themselves."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import F, Value
from django.db.models.functions import Concat
from django.test.utils import CaptureQueriesContext

from audit.models import AuditLog
from core.context import acting
from core.errors import UnauditedWrite
from core.jobs import job_middleware
from core.ledger import Entry, bulk, entries_made, write
from core.middleware import source_of
from equipment.models import Site

ROOT = Path(__file__).resolve().parents[2]


def sites(count: int) -> list[Site]:
    return [Site.objects.create(code=f"S{n}", name=f"Site {n}") for n in range(count)]


def rows(action: str) -> list[AuditLog]:
    return list(AuditLog.objects.filter(action=action, entity_type="sites").order_by("id"))


@pytest.mark.django_db
class TestRefusal:
    @pytest.mark.parametrize(
        "write_many",
        [
            lambda: Site.objects.update(name="x"),
            lambda: Site.objects.filter(code="S0").update(name="x"),
            lambda: Site.objects.bulk_create([Site(code="B", name="B")]),
            lambda: Site.objects.bulk_update(Site.objects.all(), ["name"]),
            lambda: Site.objects.all().delete(),
            lambda: Site.objects.filter(code="S0").delete(),
            lambda: Site.objects.none().update(name="x"),
        ],
    )
    def test_outside_bulk(self, write_many: Any) -> None:
        sites(1)
        with pytest.raises(UnauditedWrite, match=r"outside ledger.bulk"):
            write_many()
        assert list(Site.objects.values_list("name", flat=True)) == ["Site 0"]

    def test_through_a_relation(self) -> None:
        (site,) = sites(1)
        with pytest.raises(UnauditedWrite):
            site.areas.update(name="x")
        with pytest.raises(UnauditedWrite):
            site.areas.all().delete()

    def test_after_bulk_ended_even_by_an_error(self) -> None:
        with pytest.raises(ZeroDivisionError), bulk(reason="x"):
            raise ZeroDivisionError
        assert acting().reason == ""
        with pytest.raises(UnauditedWrite):
            Site.objects.update(name="x")

    def test_conflicts_cannot_be_forgiven_unseen(self) -> None:
        for option in (
            {"ignore_conflicts": True},
            {"update_conflicts": True, "update_fields": ["name"], "unique_fields": ["code"]},
        ):
            with pytest.raises(UnauditedWrite), bulk(reason="x"):
                Site.objects.bulk_create([Site(code="B", name="B")], **option)

    def test_a_manager_cannot_delete_every_row(self) -> None:
        assert not hasattr(Site.objects, "delete")

    def test_templates_cannot_write(self) -> None:
        for name in ("update", "delete", "bulk_create", "bulk_update"):
            assert getattr(Site.objects.all(), name).alters_data

    def test_no_ledger_no_write(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(entries_made, "receivers", [])
        entries_made.sender_receivers_cache.clear()
        with pytest.raises(UnauditedWrite, match="no ledger"):
            write([Entry("tests.site.seen", Site(pk=1))])


@pytest.mark.django_db
class TestInsideBulk:
    def test_update_enters_each_row_that_changed(self) -> None:
        one, two, _ = sites(3)
        with bulk(reason="renamed by head office"):
            count = Site.objects.filter(code__in=["S0", "S1"]).update(name=Concat(F("name"), Value("!")))
            Site.objects.filter(code="S2").update(name="Site 2")
        assert count == 2
        assert [(row.entity_id, row.old_values, row.new_values) for row in rows("UPDATE")] == [
            (str(one.pk), {"name": "Site 0"}, {"name": "Site 0!"}),
            (str(two.pk), {"name": "Site 1"}, {"name": "Site 1!"}),
        ]
        assert {row.reason for row in rows("UPDATE")} == {"renamed by head office"}

    def test_update_through_an_annotation_and_of_the_filtered_column(self) -> None:
        sites(2)
        with bulk(reason="x"):
            found = Site.objects.annotate(twice=Concat(F("code"), F("code"))).filter(name="Site 1")
            assert found.update(name=F("twice")) == 1
        assert rows("UPDATE")[0].new_values == {"name": "S1S1"}

    def test_bulk_create_and_a_later_save(self) -> None:
        with bulk(reason="import"):
            made = Site.objects.bulk_create([Site(code=f"B{n}", name="B") for n in range(3)])
        assert [(row.entity_id, row.new_values["code"], row.reason) for row in rows("CREATE")] == [
            (str(site.pk), site.code, "import") for site in made
        ]
        made[0].name = "C"
        made[0].save()
        assert rows("UPDATE")[0].old_values == {"name": "B"}

    def test_bulk_update_and_a_later_save(self) -> None:
        made = sites(2)
        for site in made:
            site.name, site.code = "N", site.code + "x"
        with bulk(reason="x"):
            assert Site.objects.bulk_update(made, ["name"]) == 2
        assert [row.new_values for row in rows("UPDATE")] == [{"name": "N"}, {"name": "N"}]
        made[0].save()
        assert rows("UPDATE")[-1].new_values == {"code": "S0x"}

    def test_delete_enters_each_row(self) -> None:
        sites(3)
        with bulk(reason="closed"):
            Site.objects.exclude(code="S0").delete()
        assert {(row.old_values["code"], row.reason) for row in rows("DELETE")} == {
            ("S1", "closed"),
            ("S2", "closed"),
        }

    def test_a_thousand_rows_take_few_queries(self) -> None:
        with bulk(reason="x"):
            with CaptureQueriesContext(connection) as creating:
                Site.objects.bulk_create([Site(code=f"B{n}", name="B") for n in range(1_000)])
            with CaptureQueriesContext(connection) as updating:
                Site.objects.update(name="C")
        writes = [query["sql"] for query in creating if "audit_auditlog" in query["sql"]]
        assert len(writes) == 1
        assert len(updating) == 4  # lock and read, write, read again, enter
        assert len(rows("UPDATE")) == 1_000


@pytest.mark.django_db
class TestEverydayWrites:
    def test_get_or_create_and_update_or_create(self) -> None:
        Site.objects.get_or_create(code="G", defaults={"name": "G"})
        Site.objects.get_or_create(code="G", defaults={"name": "other"})
        Site.objects.update_or_create(code="G", defaults={"name": "H"})
        Site.objects.update_or_create(code="U", defaults={"name": "U"})
        assert [row.new_values["code"] for row in rows("CREATE")] == ["G", "U"]
        assert [(row.old_values, row.new_values) for row in rows("UPDATE")] == [
            ({"name": "G"}, {"name": "H"})
        ]

    def test_a_save_reads_nothing(self) -> None:
        sites(1)
        site = Site.objects.get()
        site.name = "x"
        with CaptureQueriesContext(connection) as queries:
            site.save()
        assert [query["sql"].split()[0] for query in queries] == ["UPDATE", "INSERT"]

    def test_what_is_remembered_is_what_the_database_holds(self) -> None:
        (made,) = sites(1)
        read = Site.objects.get()
        assert made.loaded_values == read.loaded_values
        read.name = "x"
        assert read.loaded_values["name"] == "Site 0"
        read.refresh_from_db()
        assert (read.name, read.loaded_values["name"]) == ("Site 0", "Site 0")
        partial = Site.objects.only("code").get()
        assert set(partial.loaded_values) == {"id", "code"}
        assert partial.name == "Site 0"
        assert partial.loaded_values["name"] == "Site 0"


@pytest.mark.django_db(transaction=True)
class TestBothOrNeither:
    def test_an_entry_that_cannot_be_written_undoes_the_write(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(**_: Any) -> None:
            raise RuntimeError("no room")

        monkeypatch.setattr("audit.receivers.enter", fail)
        with pytest.raises(RuntimeError):
            Site.objects.create(code="X", name="X")
        with pytest.raises(RuntimeError), bulk(reason="x"):
            Site.objects.bulk_create([Site(code="X", name="X")])
        assert not Site.objects.exists()

    def test_a_conflict_in_a_savepoint_leaves_the_transaction_usable(self) -> None:
        sites(1)
        with transaction.atomic():
            with pytest.raises(IntegrityError), transaction.atomic():
                Site.objects.create(code="S0", name="twin")
            Site.objects.create(code="S1", name="after")
        assert [row.new_values["code"] for row in rows("CREATE")] == ["S0", "S1"]


class TestSources:
    @pytest.mark.parametrize(
        ("path", "source"),
        [
            ("/", "page"),
            ("/lines/1", "page"),
            ("/api/v1/sites", "api"),
            ("/api", "api"),
            ("/apiary", "page"),
            ("/admin/", "admin"),
            ("/admin/equipment/site/", "admin"),
            ("/administration", "page"),
        ],
    )
    def test_of_an_address(self, path: str, source: str) -> None:
        assert source_of(path) == source

    def test_of_a_job(self) -> None:
        seen: list[Any] = []
        context = SimpleNamespace(job=SimpleNamespace(id=17))
        assert job_middleware(lambda: seen.append(acting()) or "result", context, None) == "result"
        assert (seen[0].source, seen[0].request_id, seen[0].actor) == ("task", "job-17", None)
        assert acting().source == "system"

    def test_of_a_job_run_by_a_worker(self, settings: Any) -> None:
        assert job_middleware in settings.PROCRASTINATE_WORKER_DEFAULTS["task_middleware"]

    def test_of_a_command(self) -> None:
        code = "from core.context import acting; print('source is', acting().source)"
        environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}
        done = subprocess.run(
            [sys.executable, "manage.py", "shell", "--no-imports", "-c", code],
            cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert "source is command" in done.stdout, done.stderr
