"""Keeping process data in order: partitions made ahead, tallies added up, old months archived before they are dropped."""

from __future__ import annotations

import gzip
import hashlib
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import orjson
from django.db import connection, transaction
from django.utils.translation import gettext as _

from core.errors import DomainError
from core.ledger import record

MONTHS_AHEAD = 3
PARENT = "production_processdata"
CHUNK = 1 << 20

_WANTED = """
    SELECT (date_trunc('month', now() AT TIME ZONE 'UTC') + ahead * interval '1 month')::date
    FROM generate_series(0, %s::int) AS ahead
    UNION SELECT DISTINCT date_trunc('month', started_at AT TIME ZONE 'UTC')::date FROM production_processdata_default
    ORDER BY 1
"""
_PARTITIONS = """
    SELECT child.relname FROM pg_inherits JOIN pg_class AS child ON child.oid = inhrelid
    WHERE inhparent = 'production_processdata'::regclass AND child.relname ~ '_[0-9]{4}_[0-9]{2}$' ORDER BY 1
"""


class NotArchivable(DomainError):
    """The month is still needed, or its archive does not hold what the table holds."""

    code = "not_archivable"


@dataclass(frozen=True, slots=True)
class Archive:
    """A month as it was written away. `sha256` is that of the plain CSV."""

    month: str
    rows: int
    sha256: str
    file: str


@transaction.atomic
def make_partitions() -> list[str]:
    """Make the months from now on and those that the default partition caught; the ones made, as YYYY-MM."""
    with connection.cursor() as cursor:
        cursor.execute(_WANTED, [MONTHS_AHEAD])
        months = [month for (month,) in cursor.fetchall()]
        made = []
        for month in months:
            cursor.execute("SELECT production_make_partition(%s::date)", [month])
            if cursor.fetchone() == (True,):
                made.append(f"{month:%Y-%m}")
    return made


def merge_tallies() -> None:
    """Add up the loose rows; who comes while somebody does it leaves it to them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT production_merge_tallies()")


def months_before(before: date) -> list[str]:
    """The months that have a partition and lie wholly before this one, as YYYY-MM, the oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(_PARTITIONS)
        names = [name for (name,) in cursor.fetchall()]
    months = [name.removeprefix(f"{PARENT}_").replace("_", "-") for name in names]
    return [month for month in months if month < f"{before:%Y-%m}"]


def archive_month(*, month: str, folder: Path, actor: Any) -> Archive:
    """Write the month to a compressed CSV with its digest, read that again, and only then drop the partition.

    The tallies keep what they counted, units their status and marks. Raises NotArchivable for a month with steps
    that wait for their completion, for a file that does not read as it was written, and for a month that has
    changed since.
    """
    child = f"{PARENT}_{month.replace('-', '_')}"
    path = folder / f"process-data-{month}.csv.gz"
    partial = path.with_name(f"{path.name}.partial")
    with partial.open("wb") as file:
        fingerprint, rows, sha256 = _write(child, file)
        file.flush()
        os.fsync(file.fileno())
    _verify(partial, rows, sha256)
    os.replace(partial, path)
    archive = Archive(month, rows, sha256, path.name)
    path.with_name(f"{path.name}.json").write_bytes(orjson.dumps(asdict(archive)) + b"\n")
    _drop(child, fingerprint, archive, actor)
    return archive


Fingerprint = tuple[int, Any]


@transaction.atomic
def _write(child: str, file: Any) -> tuple[Fingerprint, int, str]:
    """Nobody changes the month meanwhile; its rows in the order of time."""
    with connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {child} IN SHARE MODE")
        fingerprint = _fingerprint(cursor, child)
        cursor.execute(f"SELECT count(*) FROM {child} WHERE completed_at IS NULL")  # noqa: S608
        waiting = cursor.fetchone()[0]
        if waiting:
            raise NotArchivable(_("%(count)d steps wait for their completion.") % {"count": waiting})
        digest = hashlib.sha256()
        query = f"COPY (SELECT * FROM {child} ORDER BY started_at, id) TO STDOUT (FORMAT csv, HEADER)"  # noqa: S608
        with gzip.GzipFile(fileobj=file, mode="wb", mtime=0) as packed, cursor.copy(query) as copy:
            for block in copy:
                digest.update(block)
                packed.write(block)
    return fingerprint, fingerprint[0], digest.hexdigest()


def _fingerprint(cursor: Any, child: str) -> Fingerprint:
    """How many rows there are, and a sum that differs when any of them does."""
    cursor.execute(
        f"SELECT count(*), coalesce(sum(hashtextextended(row::text, 0)::numeric), 0) FROM {child} AS row"  # noqa: S608
    )
    return cursor.fetchone()


def _verify(path: Path, rows: int, sha256: str) -> None:
    digest = hashlib.sha256()
    for block in _unpacked(path):
        digest.update(block)
    if digest.hexdigest() != sha256:
        raise NotArchivable(_("%(file)s does not read as it was written.") % {"file": path.name})


def _unpacked(path: Path) -> Iterator[bytes]:
    with gzip.open(path) as packed:
        while block := packed.read(CHUNK):
            yield block


@transaction.atomic
def _drop(child: str, fingerprint: Fingerprint, archive: Archive, actor: Any) -> None:
    """The table first, as whoever records takes it first; then the month is looked at again."""
    with connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {PARENT} IN ACCESS EXCLUSIVE MODE")
        if _fingerprint(cursor, child) != fingerprint:
            raise NotArchivable(_("The month has changed while it was archived. Try again."))
        cursor.execute(f"ALTER TABLE {PARENT} DETACH PARTITION {child}")
        cursor.execute(f"DROP TABLE {child}")
    record("production.month.archived", actor, actor=actor, new=asdict(archive))
