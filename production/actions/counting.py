"""Everything that changes what was made: runs, counts, and readings of counters."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.db import conflict_as, emit, lock
from core.errors import NotFound
from core.ledger import record, values_of
from equipment.actions import record_state_events
from equipment.models import Machine
from production import count_rows, reading_rows
from production.actions.lot_progress import feed_lot, lock_lots
from production.choices import ProductStatus
from production.count_rows import Spot, Window
from production.errors import ProductInUse, RunEnded, RunNotPositive, RunOverlap, RunReferenceTaken
from production.ingest import sort_out
from production.inputs import NewCount, NewReading
from production.models import JobAssignment, ProductionRun, ProductModel
from production.reading_rows import Stored
from production.selectors import REACH
from production.signals import counts_changed, counts_recorded, job_changed

Name = tuple[str, str]  # (source, event_id): what makes an event one and the same
FOREVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class IngestResult:
    """What became of a batch: accepted + duplicates + rejected = its events. `errors` has one entry per rejected."""

    accepted: int
    duplicates: int
    rejected: int
    errors: list[dict[str, Any]]


@transaction.atomic
def ingest_events(*, events: Sequence[Any], source: str, actor: Any, digest: str = "") -> IngestResult:
    """Take in what machines said: decoded JSON objects, in any order, late ones and repeated ones too.

    All good events are kept, each once, and nothing of a bad one; or, if this raises, nothing at all. `source` is
    who sent them and makes event ids unique; `digest` is the sha256 of what was sent, for the ledger, which gets
    one entry on the `actor` per batch.
    """
    batch = sort_out(events, source=source, now=timezone.now())
    accepted = (
        len(record_state_events(events=batch.states))
        + len(record_counts(counts=batch.counts))
        + len(record_readings(readings=batch.readings))
    )
    rejected = len(batch.errors)
    result = IngestResult(accepted, len(events) - rejected - accepted, rejected, batch.errors)
    if accepted:
        _record_batch(result, source, actor, digest)
    return result


def _record_batch(result: IngestResult, source: str, actor: Any, digest: str) -> None:
    said = {
        "source": source,
        "accepted": result.accepted,
        "duplicates": result.duplicates,
        "rejected": result.rejected,
        "sha256": digest,
    }
    record("production.events.ingested", actor, actor=actor, new=said)


@transaction.atomic
def record_counts(*, counts: Sequence[NewCount]) -> set[Name]:
    """Keep counts, whatever order they come in; the names of those that were new.

    What came before under the same name is a duplicate and changes nothing. The jobs that counts were reported for
    grow by them. Raises NotFound for an unknown machine. The number of queries does not grow with the counts.
    """
    if not counts:
        return set()
    _lock_machines({count.machine_id for count in counts})
    new = {(row.source, row.event_id) for row in count_rows.insert_counts(counts)}
    added = [count for count in counts if (count.source, count.event_id) in new]
    _feed_jobs(added)
    stated = [(count.machine_id, count.at) for count in added if count.product_id is not None]
    _follow_up([(count.machine_id, count.at) for count in added], stated=stated)
    return new


def _feed_jobs(counts: Sequence[NewCount]) -> None:
    """Add new counts to their jobs and the lots of these, locked after their machines and by ascending pk."""
    reports: defaultdict[int, list[NewCount]] = defaultdict(list)
    for count in counts:
        if count.job_id is not None:
            reports[count.job_id].append(count)
    if not reports:
        return
    lots = lock_lots(reports)
    jobs = JobAssignment.objects.select_for_update(no_key=True, of=("self",)).select_related("schedule")
    for job in jobs.filter(pk__in=reports).order_by("pk"):
        good, scrap = (
            sum(count.good for count in reports[job.pk]),
            sum(count.scrap for count in reports[job.pk]),
        )
        if job.lot_id in lots:
            feed_lot(lot=lots[job.lot_id], good=good, scrap=scrap)
        job.good_quantity += good
        job.scrap_quantity += scrap
        job.rework_quantity += sum(count.rework for count in reports[job.pk])
        job.save(update_fields=["good_quantity", "scrap_quantity", "rework_quantity", "updated_at"])
        emit(job_changed, job_id=job.pk, line_id=job.schedule.line_id, machine_id=job.machine_id)


@transaction.atomic
def record_readings(*, readings: Sequence[NewReading]) -> set[Name]:
    """Keep readings, whatever order they come in, and bring the counts up to them; the names of the new ones.

    OEE contract R11: a drop never subtracts, and a late reading between two others changes only how their
    pieces are shared out. Raises NotFound for an unknown machine.
    """
    if not readings:
        return set()
    _lock_machines({reading.machine_id for reading in readings})
    new = _insert_readings(readings)
    changed = _derive(new)
    stated = [(reading.machine_id, reading.at) for reading in changed if reading.product_id is not None]
    _follow_up([(reading.machine_id, reading.at) for reading in changed], stated=stated)
    return set(new)


def _insert_readings(given: Sequence[NewReading]) -> dict[Name, tuple[int, NewReading]]:
    """The new ones with the ids of their rows."""
    first: dict[Name, NewReading] = {}
    for reading in given:
        first.setdefault((reading.source, reading.event_id), reading)
    inserted = count_rows.insert_readings(list(first.values()))
    return {(row.source, row.event_id): (row.id, first[row.source, row.event_id]) for row in inserted}


def _derive(new: dict[Name, tuple[int, NewReading]]) -> list[Stored]:
    """The readings whose count new ones change, themselves among them."""
    by_machine: defaultdict[int, dict[int, datetime]] = defaultdict(dict)
    for pk, reading in new.values():
        by_machine[reading.machine_id][pk] = reading.at
    return reading_rows.follow(by_machine) if by_machine else []


def _lock_machines(ids: set[int]) -> None:
    """Lock the machines by ascending pk; what they made is ours to write until the transaction ends."""
    rows = Machine.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=ids).order_by("pk")
    missing = ids - {machine.pk for machine in rows}
    if missing:
        raise NotFound(_("There is no machine %(ids)s.") % {"ids": sorted(missing)})


def _follow_up(spots: Sequence[Spot], *, stated: Iterable[Spot]) -> None:
    """Find out the products that counts at these spots leave open, and announce where figures change."""
    if not spots:
        return
    moved = count_rows.resolve_products(count_rows.windows_of(spots, stated=stated))
    for machine_id, start, end in count_rows.spans_around([*spots, *moved]):
        counts_recorded.send(sender=None, machine_id=machine_id, start=start, end=end)
    emit(counts_changed, machine_ids=sorted({machine_id for machine_id, _at in spots}))


@transaction.atomic
def record_run(
    *,
    machine: Machine,
    product: ProductModel,
    started_at: datetime,
    ended_at: datetime | None = None,
    reference: str = "",
    operator_name: str = "",
    source: str = "",
    job: JobAssignment | None = None,
    actor: Any = None,
) -> ProductionRun:
    """What a machine made from `started_at` on, for a job or none; without an end it lasts still.

    Raises RunNotPositive, RunOverlap, and RunReferenceTaken where the machine has a run of that name.
    """
    if ended_at is not None and ended_at <= started_at:
        raise RunNotPositive
    lock(Machine, machine.pk)
    run = ProductionRun(
        machine=machine,
        product=product,
        started_at=started_at,
        ended_at=ended_at,
        reference=reference,
        operator_name=operator_name,
        source=source,
        job=job,
    )
    with (
        conflict_as(RunOverlap, "production_productionrun_no_overlap"),
        conflict_as(RunReferenceTaken, "production_productionrun_reference_once"),
    ):
        run.save(force_insert=True)
    record("production.run.recorded", run, actor=actor, new=values_of(run))
    _time_changes_hands(run, started_at, ended_at)
    return run


@transaction.atomic
def close_run(*, run: ProductionRun, ended_at: datetime, actor: Any = None) -> ProductionRun:
    """The machine makes something else from `ended_at` on. Raises RunEnded if it ended before, RunNotPositive."""
    lock(Machine, run.machine_id)
    run = lock(ProductionRun, run.pk)
    if run.ended_at is not None:
        raise RunEnded
    if ended_at <= run.started_at:
        raise RunNotPositive
    run.ended_at = ended_at
    run.save(update_fields=["ended_at"])
    record("production.run.ended", run, actor=actor, old={"ended_at": None}, new={"ended_at": ended_at})
    _time_changes_hands(run, ended_at, None)
    return run


def _time_changes_hands(run: ProductionRun, start: datetime, end: datetime | None) -> None:
    """Time from `start` to `end` has come to belong to a run, or has ceased to: follow in counts and figures."""
    moved = count_rows.resolve_products([Window(run.machine_id, start, end or FOREVER, beyond=True)])
    until = end or max(start, timezone.now()) + REACH
    counts_recorded.send(sender=None, machine_id=run.machine_id, start=start, end=until)
    for machine_id, first, last in count_rows.spans_around(moved):
        counts_recorded.send(sender=None, machine_id=machine_id, start=first, end=last)
    emit(counts_changed, machine_ids=[run.machine_id])


@transaction.atomic
def discontinue(*, product: ProductModel) -> ProductModel:
    """The product is made no more; what it was stays. Raises ProductInUse where anything was made of it already."""
    product = lock(ProductModel, product.pk)
    if product.runs.exists() or product.counts.exists() or product.lots.exists():
        raise ProductInUse
    product.status = ProductStatus.DISCONTINUED
    product.save(update_fields=["status", "updated_at"])
    return product
