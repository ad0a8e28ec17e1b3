"""The scarce thing: one true sum, while many write, take back, merge and move at once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections, transaction

from production.models import Tally
from tests.support.tallies import RAW, TOLD, Hands, rows_of, run

pytestmark = pytest.mark.django_db(transaction=True)
THREADS = 8


def at_once(works):
    """Each in a thread and with a connection of its own."""
    barrier = threading.Barrier(len(works))

    def begin(work):
        try:
            barrier.wait(timeout=30)
            return work()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(begin, works))


def test_eight_at_once_leave_the_raw_sums():
    hands = [Hands(seed) for seed in range(THREADS)]
    at_once([lambda worker=worker: worker.do(40) for worker in hands])
    assert rows_of(TOLD) == rows_of(RAW)
    run("SELECT production_merge_tallies()")
    assert rows_of(TOLD) == rows_of(RAW)
    assert not Tally.objects.filter(base=False).exists()


def test_a_month_is_made_ahead_while_somebody_records():
    """The recorder has locked its lot and then wants the records: neither waits for the other in a circle."""
    worker = Hands(1)
    worker.lot()
    holds, made = threading.Event(), threading.Event()

    def write():
        with transaction.atomic():
            run("SELECT 1 FROM production_lot WHERE id = %s FOR NO KEY UPDATE", worker.lots[0])
            holds.set()
            in_time = made.wait(20)
            worker.records_made()
            return in_time

    def make():
        holds.wait(20)
        run("SELECT production_make_partition('2031-05-01')")
        made.set()

    in_time, _made = at_once([write, make])
    assert in_time
    assert rows_of(TOLD) == rows_of(RAW)
    run("DROP TABLE production_processdata_2031_05")


def naive_merge() -> None:
    """Without the lock, and by reading before deleting: what another wrote in between is lost."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE read_before ON COMMIT DROP AS SELECT * FROM production_tally")
        cursor.execute("SELECT pg_sleep(0.05)")
        cursor.execute("DELETE FROM production_tally")
        cursor.execute("INSERT INTO production_tally SELECT * FROM read_before")


def test_control_a_merge_that_reads_first_loses_what_comes_between():
    hands = [Hands(seed) for seed in range(4)]
    for worker in hands:
        worker.lot()
    tellers = [lambda worker=worker: [worker.records_made() for _ in range(30)] for worker in hands]
    at_once([*tellers, lambda: [naive_merge() for _ in range(4)]])
    assert rows_of(TOLD) != rows_of(RAW)


def test_a_sum_that_is_read_is_never_half_of_a_merge():
    """One keeps merging, one writes nothing but units by the pair, four read: always an even number."""
    worker = Hands(1)
    worker.lot()
    done = threading.Event()

    def write():
        try:
            for _number in range(60):
                with transaction.atomic():
                    lot = worker.lots[0]
                    run(
                        "INSERT INTO production_defect (record_id, day, lot_id, process_id, defect_code, defect_name,"
                        " severity) SELECT 1, '2025-01-01', %s, %s, 'PAIR', '', '' FROM generate_series(1, 2)",
                        lot,
                        worker.processes[0].pk,
                    )
        finally:
            done.set()

    def merge():
        while not done.is_set():
            run("SELECT production_merge_tallies()")

    def read():
        seen = set()
        while not done.is_set():
            [(total,)] = rows_of("SELECT coalesce(sum(count), 0) FROM production_tally WHERE word = 'PAIR'")
            seen.add(int(total))
        return seen

    results = at_once([write, merge, read, read, read, read])
    seen = set().union(*results[2:])
    assert len(seen) > 1
    assert all(total % 2 == 0 for total in seen)
    assert rows_of(TOLD) == rows_of(RAW)
