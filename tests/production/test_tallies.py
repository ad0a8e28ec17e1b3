"""The tallies equal the raw sums, whatever is written, corrected, taken away, moved, merged or rolled back."""

from __future__ import annotations

import pytest

from production.models import ProcessData, Tally
from tests.support.tallies import RAW, TOLD, Hands, rows_of, run

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("seed", range(8))
def test_tallies_are_the_raw_sums_at_any_moment(seed):
    hands = Hands(seed)
    for _number in range(12):
        hands.do(10)
        assert rows_of(TOLD) == rows_of(RAW)
    assert ProcessData._base_manager.count() > 0


@pytest.fixture
def worked():
    hands = Hands(99)
    hands.do(80)
    hands.records_made()
    return hands


def test_merging_leaves_one_row_of_each_and_changes_no_sum(worked):
    before = rows_of(TOLD)
    run("SELECT production_merge_tallies()")
    assert rows_of(TOLD) == before
    assert not Tally.objects.filter(base=False).exists()
    run("SELECT production_merge_tallies()")
    assert rows_of(TOLD) == before


def test_a_partition_made_late_takes_its_records_along_and_counts_none_twice(worked):
    caught = rows_of(
        "SELECT id, started_at FROM production_processdata_default WHERE started_at < '2025-06-01'"
    )
    assert caught
    before, records = rows_of(TOLD), rows_of("SELECT id, started_at, result FROM production_processdata")
    for month in range(1, 7):
        run("SELECT production_make_partition(%s)", f"2025-{month:02}-01")
    assert rows_of(TOLD) == before == rows_of(RAW)
    assert rows_of("SELECT id, started_at, result FROM production_processdata") == records
    assert not rows_of("SELECT id FROM production_processdata_default WHERE started_at < '2025-06-01'")


def test_this_comparison_can_fail(worked):
    """Without its trigger a statement goes uncounted, and the sums tell."""
    run("ALTER TABLE production_processdata DISABLE TRIGGER production_tally_insert")
    worked.records_made()
    worked.records_made()
    run("ALTER TABLE production_processdata ENABLE TRIGGER production_tally_insert")
    assert rows_of(TOLD) != rows_of(RAW)
