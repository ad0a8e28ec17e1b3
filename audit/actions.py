"""Writing the trail: entering what happened, sealing it into the chain, keeping a partition for every month."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import orjson
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from psycopg.types.json import Jsonb

from audit import guard
from audit.entries import row_of
from audit.models import AuditLink, AuditLog, AuditSeal
from audit.sealing import COLUMNS, GENESIS, next_digest
from core.ledger import Entry

BATCH = 1_000
WRITTEN = [field for field in AuditLog._meta.concrete_fields if field.name not in ("id", "created_at")]
JSON = ("old_values", "new_values")
NAMES = ", ".join(str(field.column) for field in WRITTEN)
TYPES = {"user": "bigint", "ip_address": "inet", **dict.fromkeys(JSON, "jsonb")}
TYPED = ", ".join(f"{field.column} {TYPES.get(field.name, 'text')}" for field in WRITTEN)
INSERT = f"INSERT INTO audit_auditlog ({NAMES})"  # noqa: S608  names of columns, from the model
ONE = f"VALUES ({', '.join(['%s'] * len(WRITTEN))})"
MANY = f"SELECT {NAMES} FROM jsonb_to_recordset(%s::jsonb) AS entry ({TYPED})"  # noqa: S608
SEALING_LOCK = 5_320_117_004  # of PostgreSQL's advisory locks: one sealer at a time
LONGEST_TRANSACTION = timedelta(days=1)
MONTHS_AHEAD = 3


def enter(*, entries: list[Entry]) -> None:
    """Write entries into the trail, in the caller's transaction, with one INSERT for up to 1,000 of them.

    An edit that changed nothing leaves no row.
    """
    rows = [(entry, row_of(entry)) for entry in entries]
    kept = [(entry, row) for entry, row in rows if row is not None]
    for start in range(0, len(kept), BATCH):
        _insert([row for _, row in kept[start : start + BATCH]])
    guard.watch([(entry, row.new_values or {}) for entry, row in kept])


def _insert(rows: list[AuditLog]) -> None:
    """Every write of the product comes by here: as SQL it costs a third of what bulk_create does."""
    with connection.cursor() as cursor:
        if len(rows) == 1:
            cursor.execute(f"{INSERT} {ONE}", list(_values(rows[0])))
        else:  # as one document: thousands of placeholders would cost more than the rows
            said = [{str(field.column): getattr(row, field.attname) for field in WRITTEN} for row in rows]
            cursor.execute(f"{INSERT} {MANY}", [_dumps(said).decode()])


def _values(row: AuditLog) -> Iterator[Any]:
    for field in WRITTEN:
        value = getattr(row, field.attname)
        yield Jsonb(value, _dumps) if value is not None and field.name in JSON else value


def _dumps(value: Any) -> bytes:
    """JSON, also of what orjson refuses: whole numbers of any length, halves of surrogate pairs."""
    try:
        return orjson.dumps(value)
    except TypeError:
        return json.dumps(value).encode()


def seal() -> int:
    """Append every committed entry that is not in the chain yet; return how many. Safe to call at any time by anyone.

    An entry whose transaction is still open comes into a later batch, whatever its id.
    """
    total = 0
    while sealed := _seal_batch():
        total += sealed
    return total


@transaction.atomic
def _seal_batch() -> int:
    """One seal over at most 1,000 entries, in the order of their ids."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [SEALING_LOCK])
    last = AuditLink.objects.order_by("-position").first()
    links = _links_after(last)
    if links:
        AuditLink.objects.bulk_create(links)
        AuditSeal.objects.create(
            first_position=links[0].position,
            last_position=links[-1].position,
            count=len(links),
            digest=links[-1].digest,
        )
    return len(links)


def _links_after(last: AuditLink | None) -> list[AuditLink]:
    position, digest = (last.position, bytes(last.digest)) if last else (0, GENESIS)
    links = []
    for entry in unsealed(last).order_by("id").values(*COLUMNS)[:BATCH]:
        position, digest = position + 1, next_digest(digest, entry)
        links.append(AuditLink(position, entry["id"], entry["created_at"], digest))
    return links


def unsealed(last: AuditLink | None) -> QuerySet[AuditLog]:
    """Entries that are not in the chain, which ends with `last`.

    Ids are given before the commit, so an entry may appear below those already sealed; but none appears later than
    the longest transaction lasts (idle ones are ended after a minute), so a day is looked back and no more.
    """
    linked = AuditLink.objects.filter(audit_id=OuterRef("id"))
    entries = AuditLog.objects.filter(~Exists(linked))
    if last is None:
        return entries
    newest = min(last.audit_created_at, timezone.now())  # a clock may have run ahead once
    return entries.filter(created_at__gt=newest - LONGEST_TRANSACTION)


@transaction.atomic
def make_partitions() -> list[str]:
    """Make the partitions of this month and the next three, and of what the default partition caught.

    Returns the months made, as YYYY-MM. Safe to call at any time by anyone: a lock lets one work at a time.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT (date_trunc('month', now() AT TIME ZONE 'UTC') + ahead * interval '1 month')::date
            FROM generate_series(0, %s) AS ahead
            UNION SELECT date_trunc('month', created_at AT TIME ZONE 'UTC')::date FROM audit_auditlog_default
            ORDER BY 1
            """,
            [MONTHS_AHEAD],
        )
        months = [month for (month,) in cursor.fetchall()]
        made = []
        for month in months:
            cursor.execute("SELECT audit_make_partition(%s)", [month])
            if cursor.fetchone() == (True,):
                made.append(f"{month:%Y-%m}")
    return made
