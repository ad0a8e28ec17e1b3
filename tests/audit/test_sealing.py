"""The chain: what is sealed cannot be changed, removed or added to without being found, by the row's number."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.models import F
from hypothesis import given
from hypothesis import strategies as st

from audit import actions
from audit.actions import enter, seal
from audit.models import AuditLink, AuditLog, AuditSeal
from audit.sealing import COLUMNS, GENESIS, canonical, next_digest
from audit.verification import verify
from core.context import act_as
from core.ledger import Entry
from equipment.models import Site

ENTRY = {
    "id": 7,
    "created_at": datetime(2026, 11, 22, 0, 30, 0, 5, tzinfo=UTC),
    "action": "UPDATE",
    "entity_type": "lots",
    "entity_id": "17",
    "entity_repr": "로트 17",
    "old_values": {"b": 1, "a": [1.0, None]},
    "new_values": None,
    "user_id": 3,
    "user_name": "ann",
    "source": "page",
    "ip_address": "10.0.0.1",
    "user_agent": "",
    "request_id": "r",
    "reason": "",
    "app_version": "0.1.0",
}


json_values = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


def make(count: int) -> list[int]:
    """That many entries; their ids."""
    site = Site(pk=1, code="S", name="S")
    enter(entries=[Entry("tests.site.seen", site, None, {"number": n, "share": n / 7}) for n in range(count)])
    return list(AuditLog.objects.order_by("-id").values_list("id", flat=True)[:count])[::-1]


@contextmanager
def as_owner(*tables: str) -> Iterator[Any]:
    """A cursor of somebody who owns the tables and lifts their triggers."""
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        yield cursor
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def partition_of(audit_id: int) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tableoid::regclass::text FROM audit_auditlog WHERE id = %s", [audit_id])
        return cursor.fetchone()[0]


class TestDigest:
    def test_it_is_the_hash_of_what_it_says(self) -> None:
        """Computed a second way: the canonical text written out by hand."""
        text = (
            '{"action":"UPDATE","app_version":"0.1.0","created_at":"2026-11-22T00:30:00.000005+00:00",'
            '"entity_id":"17","entity_repr":"로트 17","entity_type":"lots","id":7,"ip_address":"10.0.0.1",'
            '"new_values":null,"old_values":{"a":[1,null],"b":1},"reason":"","request_id":"r","source":"page",'
            '"user_agent":"","user_id":3,"user_name":"ann"}'
        )
        assert next_digest(GENESIS, ENTRY) == hashlib.sha256(bytes(32) + text.encode()).digest()

    def test_key_order_and_time_zone_do_not_matter(self) -> None:
        seoul = ENTRY["created_at"].astimezone(timezone(timedelta(hours=9)))
        same = dict(reversed(ENTRY.items())) | {"created_at": seoul, "old_values": {"a": [1, None], "b": 1.0}}
        assert canonical(same) == canonical(ENTRY)

    @pytest.mark.parametrize("column", COLUMNS)
    def test_every_column_matters(self, column: str) -> None:
        other: Any = ENTRY["created_at"] + timedelta(microseconds=1) if column == "created_at" else "other"
        assert canonical(ENTRY | {column: other}) != canonical(ENTRY)

    def test_a_number_is_not_its_text(self) -> None:
        assert canonical(ENTRY | {"new_values": {"a": 1}}) != canonical(ENTRY | {"new_values": {"a": "1"}})

    @pytest.mark.django_db
    @pytest.mark.parametrize(
        "number", [0.1, 1.0, -0.0, 1e16, 1e22, 1.5e300, 1e-7, 5e-324, 2**63, 123456789.123456789]
    )
    def test_numbers_survive_the_database(self, number: float) -> None:
        make(1)
        row = AuditLog(**{**ENTRY, "id": None, "new_values": {"n": number}, "created_at": datetime.now(UTC)})
        row.save(force_insert=True)
        stored = AuditLog.objects.filter(pk=row.pk).values(*COLUMNS).get()
        assert canonical(stored) == canonical({name: getattr(row, name) for name in COLUMNS})

    @given(json_values)
    def test_it_survives_json(self, value: Any) -> None:
        entry = ENTRY | {"new_values": {"v": value}}
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError:  # half of a surrogate pair: no database takes it
            return
        assert canonical(ENTRY | {"new_values": json.loads(json.dumps({"v": value}))}) == canonical(entry)


@pytest.mark.django_db
class TestSealing:
    def test_links_follow_each_other_and_a_seal_covers_them(self) -> None:
        ids = make(3)
        assert seal() == 3
        assert seal() == 0
        digest = GENESIS
        for position, link in enumerate(AuditLink.objects.all(), 1):
            entry = AuditLog.objects.filter(pk=link.audit_id).values(*COLUMNS).get()
            digest = next_digest(digest, entry)
            assert (link.position, link.audit_id, bytes(link.digest)) == (position, ids[position - 1], digest)
        (only,) = AuditSeal.objects.all()
        assert (only.first_position, only.last_position, only.count, bytes(only.digest)) == (1, 3, 3, digest)

    def test_batches_are_of_a_thousand_at_most(self) -> None:
        make(2_300)
        assert seal() == 2_300
        assert list(AuditSeal.objects.order_by("id").values_list("count", flat=True)) == [1_000, 1_000, 300]
        found = verify()
        assert (found.valid, found.checked) == (True, 2_300)

    def test_a_transaction_that_was_still_open_comes_later(self) -> None:
        """Its id was given before those of others, its commit came after their sealing."""
        late = make(3)
        with as_owner(partition_of(late[1])) as cursor:
            cursor.execute(
                "CREATE TEMP TABLE still_open AS SELECT * FROM audit_auditlog WHERE id = %s", [late[1]]
            )
            cursor.execute("DELETE FROM audit_auditlog WHERE id = %s", [late[1]])
        assert seal() == 2
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO audit_auditlog SELECT * FROM still_open")
        assert verify().detail == "1 entries are not sealed yet"
        assert seal() == 1
        order = list(AuditLink.objects.values_list("audit_id", flat=True))
        assert order == [late[0], late[2], late[1]]
        assert (verify().valid, verify().checked) == (True, 3)

    def test_a_clock_that_once_ran_ahead_stops_no_sealing(self) -> None:
        ahead = AuditLog(**{**ENTRY, "id": None, "created_at": datetime.now(UTC) + timedelta(days=400)})
        ahead.save(force_insert=True)
        assert seal() == 1
        make(2)
        assert seal() == 2

    def test_an_empty_trail_is_valid(self) -> None:
        found = verify()
        assert (found.valid, found.checked, found.first_invalid_id, found.sealed_until) == (
            True,
            0,
            None,
            None,
        )


@pytest.mark.django_db
class TestTampering:
    @pytest.fixture
    def ids(self) -> list[int]:
        ids = make(4)
        seal()
        more = make(4)
        seal()
        return ids + more

    def broken_at(self, audit_id: int | None, checked: int) -> None:
        """verify() and the command both name the row."""
        found = verify()
        assert (found.valid, found.first_invalid_id, found.checked) == (False, audit_id, checked)
        with pytest.raises(
            CommandError, match=f"BROKEN at row {audit_id}" if audit_id else "BROKEN"
        ) as caught:
            call_command("audit_verify")
        assert caught.value.returncode == 1

    @pytest.mark.parametrize(
        "change",
        [
            "reason = 'x'",
            "user_id = 99",
            "created_at = created_at + interval '1 microsecond'",
            "new_values = jsonb_set(new_values, '{number}', '99')",
            "old_values = '{}'",
            "entity_id = '2'",
            "ip_address = '10.0.0.9'",
        ],
    )
    def test_a_changed_entry(self, ids: list[int], change: str) -> None:
        with as_owner(partition_of(ids[5])) as cursor:
            cursor.execute(f"UPDATE audit_auditlog SET {change} WHERE id = %s", [ids[5]])
        self.broken_at(ids[5], 5)

    def test_a_deleted_entry(self, ids: list[int]) -> None:
        with as_owner(partition_of(ids[2])) as cursor:
            cursor.execute("DELETE FROM audit_auditlog WHERE id = %s", [ids[2]])
        self.broken_at(ids[2], 2)

    def test_the_first_of_several(self, ids: list[int]) -> None:
        with as_owner(partition_of(ids[0])) as cursor:
            cursor.execute("DELETE FROM audit_auditlog WHERE id = %s", [ids[6]])
            cursor.execute("UPDATE audit_auditlog SET reason = 'x' WHERE id = %s", [ids[3]])
        self.broken_at(ids[3], 3)

    def test_two_entries_that_changed_places(self, ids: list[int]) -> None:
        with as_owner("audit_auditlink") as cursor:
            cursor.execute(
                "UPDATE audit_auditlink SET audit_id = CASE position WHEN 2 THEN -3 ELSE -2 END"
                " WHERE position IN (2, 3)"
            )
            cursor.execute(
                "UPDATE audit_auditlink SET audit_id = (%s::bigint[])[-audit_id] WHERE audit_id < 0", [ids]
            )
        self.broken_at(ids[2], 1)

    def test_an_entry_slipped_in_under_a_number_of_the_chain(self, ids: list[int]) -> None:
        row = AuditLog(**{**ENTRY, "id": ids[4], "created_at": datetime(2031, 1, 1, tzinfo=UTC)})
        row.save(force_insert=True)
        self.broken_at(ids[4], 4)

    def test_an_entry_that_nobody_sealed_yet_is_no_fault(self, ids: list[int]) -> None:
        AuditLog(**{**ENTRY, "id": None, "created_at": datetime(2020, 1, 1, tzinfo=UTC)}).save(
            force_insert=True
        )
        assert (verify().valid, verify().detail) == (True, "1 entries are not sealed yet")

    def test_a_changed_link(self, ids: list[int]) -> None:
        with as_owner("audit_auditlink") as cursor:
            cursor.execute("UPDATE audit_auditlink SET digest = sha256(digest) WHERE position = 3")
        self.broken_at(ids[2], 2)

    def test_a_deleted_link(self, ids: list[int]) -> None:
        with as_owner("audit_auditlink") as cursor:
            cursor.execute("DELETE FROM audit_auditlink WHERE position = 3")
        self.broken_at(ids[3], 2)

    def test_links_cut_off_the_end(self, ids: list[int]) -> None:
        with as_owner("audit_auditlink") as cursor:
            cursor.execute("DELETE FROM audit_auditlink WHERE position > 6")
        self.broken_at(ids[6], 6)

    def test_a_whole_stretch_of_links_cut_off(self, ids: list[int]) -> None:
        with as_owner("audit_auditlink") as cursor:
            cursor.execute("DELETE FROM audit_auditlink WHERE position > 4")
        self.broken_at(ids[4], 4)

    def test_entries_and_links_cut_off_together(self, ids: list[int]) -> None:
        with as_owner("audit_auditlink", partition_of(ids[0])) as cursor:
            cursor.execute("DELETE FROM audit_auditlink WHERE position > 4")
            cursor.execute("DELETE FROM audit_auditlog WHERE id > %s", [ids[3]])
        self.broken_at(None, 4)

    def test_a_deleted_seal(self, ids: list[int]) -> None:
        with as_owner("audit_auditseal") as cursor:
            cursor.execute("DELETE FROM audit_auditseal WHERE first_position = 1")
        self.broken_at(ids[0], 0)

    def test_the_last_seal_deleted(self, ids: list[int]) -> None:
        with as_owner("audit_auditseal") as cursor:
            cursor.execute("DELETE FROM audit_auditseal WHERE first_position = 5")
        self.broken_at(ids[4], 4)

    @pytest.mark.parametrize("change", ["digest = sha256(digest)", "count = 9"])
    def test_a_changed_seal(self, ids: list[int], change: str) -> None:
        with as_owner("audit_auditseal") as cursor:
            cursor.execute(f"UPDATE audit_auditseal SET {change} WHERE first_position = 1")
        self.broken_at(ids[3], 4)  # the entries fit, what seals them does not

    def test_an_untouched_trail_is_valid_and_says_how_far(self, ids: list[int]) -> None:
        out = StringIO()
        call_command("audit_verify", stdout=out)
        last = AuditLog.objects.get(pk=ids[-1])
        digest = bytes(AuditLink.objects.get(audit_id=ids[-1]).digest).hex()
        assert out.getvalue().splitlines() == [
            f"valid: 8 entries, sealed until {last.created_at.isoformat()}",
            f"digest: {digest}",
        ]

    def test_the_commands_seal(self) -> None:
        make(2)
        out = StringIO()
        call_command("audit_seal", stdout=out)
        assert out.getvalue() == "sealed 2 entries\n"


@pytest.mark.django_db(transaction=True)
class TestRaces:
    def run_together(self, *jobs: Any) -> None:
        def run(job: Any) -> None:
            try:
                job()
            finally:
                connection.close()

        threads = [threading.Thread(target=run, args=[job]) for job in jobs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def test_two_sealers_at_once_do_not_fork_the_chain(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(actions, "BATCH", 20)
        make(400)
        self.run_together(seal, seal, seal, lambda: make(40), seal)
        seal()
        found = verify()
        assert (found.valid, found.checked, found.detail) == (True, 440, "")
        assert AuditSeal.objects.filter(count=F("last_position") - F("first_position") + 1).count() >= 22

    def test_control_without_the_lock_the_chain_forks_or_fails(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The same without the advisory lock: both sealers read the same end of the chain."""
        make(2)
        both_read = threading.Barrier(2, timeout=20)
        errors: list[Exception] = []
        after = actions._links_after
        monkeypatch.setattr(actions, "SEALING_LOCK", None)  # pg_advisory_xact_lock(NULL) locks nothing

        def read_then_wait(last: Any) -> Any:
            links = after(last)
            both_read.wait()
            return links

        def job() -> None:
            try:
                actions._seal_batch()
            except Exception as exc:  # noqa: BLE001  whatever it is, it is the point
                errors.append(exc)

        monkeypatch.setattr(actions, "_links_after", read_then_wait)
        self.run_together(job, job)
        assert len(errors) == 1

    def test_an_entry_committed_late_is_sealed_after_its_followers(self) -> None:
        """Real connections: A takes an id and stays open, B commits and is sealed, A commits."""
        a_has_written, b_is_sealed = threading.Event(), threading.Event()

        def slow() -> None:
            with transaction.atomic(), act_as(reason="slow"):
                make(1)
                a_has_written.set()
                assert b_is_sealed.wait(20)

        def quick() -> None:
            assert a_has_written.wait(20)
            make(1)
            assert seal() == 1
            b_is_sealed.set()

        self.run_together(slow, quick)
        assert seal() == 1
        first, second = AuditLink.objects.values_list("audit_id", flat=True)
        assert first > second
        assert AuditLog.objects.get(pk=second).reason == "slow"
        assert (verify().valid, verify().checked) == (True, 2)
