"""What counters add together: total, good and scrap of one machine (OEE contract R11)."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from production.derivation import Tally


def sums(readings):
    """(good, scrap) that (counter, value, ...) readings add in this order."""
    tally = Tally()
    pieces = [tally.take(*reading) for reading in readings]
    return sum(p.good for p in pieces), sum(p.scrap for p in pieces)


@pytest.mark.parametrize(
    ("readings", "expected"),
    [
        ([("total", 500)], (0, 0)),
        ([("total", 500), ("total", 512)], (12, 0)),
        ([("good", 0), ("good", 7), ("scrap", 3), ("scrap", 5)], (7, 2)),
        ([("scrap", 0), ("total", 0), ("scrap", 3), ("total", 10)], (7, 3)),
        ([("good", 0), ("total", 0), ("good", 8), ("total", 10)], (8, 2)),
        ([("good", 0), ("scrap", 0), ("total", 0), ("good", 8), ("scrap", 1), ("total", 10)], (8, 1)),
        ([("total", 90), ("total", 100), ("total", 4)], (14, 0)),
        ([("total", 65_530, 65_536), ("total", 4, 65_536)], (10, 0)),
        ([("total", 65_530), ("total", 4)], (4, 0)),
    ],
    ids=[
        "a first reading adds nothing",
        "total alone is good",
        "good and scrap count themselves",
        "total less scrap is good",
        "total less good is scrap",
        "with all three, total adds nothing",
        "a drop is a reset: what it shows was made since",
        "a rollover of known size",
        "the same drop without the size",
    ],
)
def test_examples(readings, expected):
    assert sums(readings) == expected


def test_scrap_seen_after_its_total_comes_off_the_next_one():
    readings = [("scrap", 0), ("total", 0), ("total", 10), ("scrap", 3), ("total", 10), ("total", 20)]
    tally = Tally()
    assert [tuple(tally.take(*reading)) for reading in readings] == [
        (0, 0),
        (0, 0),
        (10, 0),
        (0, 3),
        (0, 0),
        (7, 0),
    ]


def test_scrap_counted_before_there_was_a_total_is_not_owed():
    assert sums([("scrap", 0), ("scrap", 50), ("total", 0), ("total", 10)]) == (10, 50)


def test_a_negative_reading_is_refused():
    with pytest.raises(ValueError, match="below zero"):
        Tally().take("total", -1)


@given(st.lists(st.tuples(st.sampled_from(["good", "scrap", "total"]), st.integers(0, 1000))))
def test_nothing_is_ever_subtracted(readings):
    tally = Tally()
    for reading in readings:
        assert min(tally.take(*reading)) >= 0
        assert tally.owed >= 0


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1))
def test_good_and_scrap_of_total_and_scrap_add_up_to_the_total(steps):
    """However many pieces of each kind come between readings, read at the same moments."""
    readings, scrap, total = [("scrap", 0), ("total", 0)], 0, 0
    for good_step, scrap_step in steps:
        scrap, total = scrap + scrap_step, total + good_step + scrap_step
        readings += [("scrap", scrap), ("total", total)]
    assert sums(readings) == (total - scrap, scrap)


@given(st.lists(st.integers(0, 10**6), min_size=1))
def test_a_total_alone_adds_its_growth_and_what_it_shows_after_a_drop(values):
    grown = sum(after - before if after >= before else after for before, after in pairwise(values))
    assert sums([("total", value) for value in values]) == (grown, 0)
