"""Reading production logs: the demo's figures as its README has them, another plant's shape, and every kind of dirt."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipment.choices import LossCategory
from equipment.models import code_rule
from production.importer import cells
from production.importer.column_map import CATEGORIES, DEFAULT_MAP, as_text, map_of, read_map
from production.importer.demo import demo_files
from production.importer.factors import category_of
from production.importer.findings import Findings, Severity, Unusable
from production.importer.layout import WorkingTime, counted_at, gaps, parts_of, working_times
from production.importer.log import Batch, Stop
from production.importer.summary import totals
from production.importer.tables import MAX_BYTES, MAX_ROWS
from tests.production.logs import (
    BATCHES,
    BERLIN,
    FACTORS,
    GERMAN,
    GERMAN_MAP,
    PRODUCTS,
    STOPS,
    parsed,
    said,
    small,
)
from tests.production.logs import sources as files_of

NEW_YORK = ZoneInfo("America/New_York")


def figures(log, planned=frozenset()):
    return totals(log.batches, factors=log.factors, products=log.products, planned=planned)


class TestBottling:
    """The numbers of production/demo/bottling/README.md."""

    @pytest.fixture
    def demo(self):
        return parsed(demo_files(), zone=NEW_YORK)

    def test_whole(self, demo):
        found = figures(demo[0])
        assert (found["batches"], found["busy_minutes"], found["stop_minutes"]) == (31, 3180, 1130)
        assert (found["producing_minutes"], found["ideal_minutes"]) == (2050, 2050)
        assert round(found["availability"] * 100, 2) == 64.47
        assert (found["performance"], round(found["oee"] * 100, 2)) == (1.0, 64.47)

    def test_stops_by_factor(self, demo):
        ranked = [(row["name"], row["minutes"]) for row in figures(demo[0])["stops"]]
        assert ranked == [
            ("Machine failure", 236), ("Inventory shortage", 205), ("Machine adjustment", 197), ("Batch change", 160),
            ("Batch coding error", 115), ("Other", 67), ("Product spill", 57), ("Calibration error", 34),
            ("Labeling error", 22), ("Label switch", 20), ("Conveyor belt jam", 17),
        ]  # fmt: skip

    def test_by_operator(self, demo):
        found = {
            row["operator"]: (row["busy_minutes"], row["stop_minutes"])
            for row in figures(demo[0])["operators"]
        }
        assert found == {"Mac": (850, 332), "Charlie": (1158, 384), "Dee": (627, 207), "Dennis": (545, 207)}

    def test_dirt_is_named(self, demo):
        log, findings = demo
        named = said(findings)
        assert ("info", "repeated_header", "line-downtime.csv", 2, "Batch", "Batch") in named
        assert (
            "warning",
            "date_ignored",
            "line-productivity.csv",
            32,
            "End Time",
            "1900-01-01 01:05:00",
        ) in named
        assert (
            "info",
            "over_midnight",
            "line-productivity.csv",
            32,
            "End Time",
            "1900-01-01 01:05:00",
        ) in named
        assert [(o.batch, o.stopped / timedelta(minutes=1)) for o in log.orphans] == [
            ("422137", 45), ("422138", 20), ("422139", 35), ("422140", 63), ("422141", 7), ("422142", 30), ("422143", 58),
        ]  # fmt: skip
        assert len(named) == 3 + 7
        assert findings.count(Severity.ERROR) == 0

    def test_batch_over_midnight(self, demo):
        last = demo[0].batches[-1]
        assert last.number == "422148"
        assert last.start == datetime(2024, 9, 3, 22, 55, tzinfo=NEW_YORK)
        assert last.end == datetime(2024, 9, 4, 1, 5, tzinfo=NEW_YORK)

    def test_rows_are_accounted_for(self, demo):
        counts = {role: (table.read, table.left_out) for role, table in demo[0].tables.items()}
        assert counts == {"batches": (31, 0), "stops": (39, 8), "factors": (12, 0), "products": (5, 0)}

    def test_categories_and_operator_errors(self, demo):
        factors = demo[0].factors
        assert [factors[str(n)].loss_category for n in range(1, 13)] == [
            "BREAKDOWN", "SETUP", "OTHER", "STARVED_BLOCKED", "OTHER", "SETUP", "BREAKDOWN", "OTHER", "BREAKDOWN",
            "SETUP", "OTHER", "OTHER",
        ]  # fmt: skip
        assert [code for code, factor in factors.items() if factor.is_operator_error] == [
            "2",
            "5",
            "6",
            "8",
            "10",
            "11",
        ]


class TestAnotherPlant:
    """Commas, long stops, other names, dates and decimals: by a column map alone."""

    def test_read(self):
        log, findings = parsed(files_of(GERMAN), GERMAN_MAP)
        first, second = log.batches
        assert said(findings) == []
        assert (first.number, first.product, first.operator) == ("A-1", "X200", "Weiß, Jörg")
        assert first.start == datetime(2026, 3, 2, 22, tzinfo=BERLIN)
        assert first.end == datetime(2026, 3, 3, 2, tzinfo=BERLIN)
        assert [(s.factor, s.duration / timedelta(minutes=1)) for s in first.stops] == [
            ("UM", 12.5), ("ST", 20), ("UM", 7.5),
        ]  # fmt: skip
        assert [s.factor for s in second.stops] == ["UM"]
        assert log.products["X200"].ideal_seconds == Decimal(7200)
        assert {f.code: f.loss_category for f in log.factors.values()} == {"UM": "SETUP", "ST": "BREAKDOWN"}

    def test_totals(self):
        # 4 h + 3.5 h busy, 40 + 5 min stopped, twice 2 h ideal: A 405/450, P 240/405.
        found = figures(parsed(files_of(GERMAN), GERMAN_MAP)[0])
        assert (found["busy_minutes"], found["stop_minutes"]) == (450, 45)
        assert found["availability"] == 0.9
        assert found["performance"] == pytest.approx(240 / 405)

    @pytest.mark.parametrize("separator", [",", ";", "|", "\t"])
    def test_separator_is_found_or_given(self, separator):
        texts = {"batches": BATCHES, "stops": STOPS, "factors": FACTORS, "products": PRODUCTS}
        files = small(**{name: text.replace("|", separator) for name, text in texts.items()})
        assert len(parsed(files)[0].batches) == len(parsed(files, separator=separator)[0].batches) == 2

    @pytest.mark.parametrize(
        ("encoding", "name"), [("utf-8", "콜라"), ("cp949", "콜라"), ("latin-1", "Limonade ü")]
    )
    def test_encodings(self, encoding, name):
        products = PRODUCTS.replace("Cola", name).encode(encoding)
        log, _ = parsed(small(products=products), map_of({"encoding": encoding}))
        assert log.products["COLA"].name == f"{name} 1 L"

    def test_byte_order_mark_and_windows_line_ends(self):
        batches = b"\xef\xbb\xbf" + BATCHES.replace("\n", "\r\n").encode()
        assert len(parsed(small(batches=batches))[0].batches) == 2

    def test_columns_by_factor_name_or_code(self):
        stops = "Batch|Comment|Batch change|Factor 1\n1|late|5|\n2||| 7 \n"
        log, _ = parsed(small(stops=stops), map_of({"stops": {"ignored": ["Comment"]}}))
        assert [[(s.factor, s.duration / timedelta(minutes=1)) for s in b.stops] for b in log.batches] == [
            [("2", 5)], [("1", 7)],
        ]  # fmt: skip

    def test_without_factors_file_the_words_decide(self):
        stops = "Batch|Reason|Min\n1|Jam at / filler|5\n1|Changeover|6\n2|Lunch|30\n"
        shape = map_of({"stops": {"factor": "Reason", "minutes": "Min"}, "categories": {"Lunch": "PLANNED"}})
        log, findings = parsed(small(stops=stops, factors=None), shape)
        assert {f.code: (f.name, f.loss_category) for f in log.factors.values()} == {
            "Jam-at-filler": ("Jam at / filler", "BREAKDOWN"),
            "Changeover": ("Changeover", "SETUP"),
            "Lunch": ("Lunch", "PLANNED"),
        }
        assert [f.code for f in findings.items] == ["factor_without_row"] * 3

    def test_planned_stops_lie_outside_the_busy_time(self):
        stops = "Batch|1|2\n1|30|15\n2||\n"
        found = figures(parsed(small(stops=stops))[0], planned={"2"})
        assert (found["busy_minutes"], found["stop_minutes"], found["planned_minutes"]) == (210 - 15, 30, 15)

    def test_numbers_that_a_spreadsheet_made(self):
        log, findings = parsed(small(stops="Batch|1|2\n1.0|30.0|\n2.0||10.0\n"))
        assert (len(log.batches), said(findings)) == (2, [])

    def test_offsets_are_instants(self):
        batches = "Product|Batch|Start|End\nCOLA|1|2026-03-02T08:00:00Z|2026-03-02 11:00+01:00\n"
        shape = map_of({"batches": {"start": "Start", "end": "End", "date": None, "operator": None}})
        batch = parsed(small(batches=batches), shape)[0].batches[0]
        assert (batch.start.hour, batch.end.hour) == (8, 10)

    @pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 2), ("2026-10-25", 4), ("2026-03-02", 3)])
    def test_clock_changes(self, day, hours):
        """From 01:00 to 04:00 by the wall clock of Berlin."""
        batches = BATCHES.splitlines()[0] + f"\n{day}|COLA|1|Ann|01:00|04:00\n"
        assert parsed(small(batches=batches))[0].batches[0].duration == timedelta(hours=hours)


ROW = "2026-03-02|COLA|{}|Ann|{}|{}\n"


def with_row(text):
    return BATCHES + text


# what is wrong, the files, (severity, code, row, column) that must be said, the batches that remain
DIRT = {
    "repeated header": (
        {"batches": BATCHES + BATCHES},
        [("info", "repeated_header", 4, "Batch"), ("warning", "duplicate_batch", 5, "Batch"),
         ("warning", "duplicate_batch", 6, "Batch")],
        ["1", "2"],
    ),
    "duplicate batch that says otherwise": (
        {"batches": with_row(ROW.format("2", "12:00", "13:00"))}, [("error", "duplicate_batch", 4, "Batch")], ["1", "2"],
    ),
    "date that stands for none": (
        {"batches": with_row(ROW.format("3", "1899-12-30 12:00:00", "1900-01-01 13:00:00"))},
        [("warning", "date_ignored", 4, "Start Time"), ("warning", "date_ignored", 4, "End Time")],
        ["1", "2", "3"],
    ),
    "over midnight": (
        {"batches": with_row(ROW.format("3", "23:00", "01:05"))},
        [("info", "over_midnight", 4, "End Time")], ["1", "2", "3"],
    ),
    "no time between": (
        {"batches": with_row(ROW.format("3", "23:00", "23:00"))}, [("error", "no_duration", 4, "End Time")], ["1", "2"],
    ),
    "end before start with a date": (
        {"batches": with_row(ROW.format("3", "2026-03-03 08:00", "2026-03-02 09:00"))},
        [("error", "no_duration", 4, "End Time")], ["1", "2"],
    ),
    "missing end": ({"batches": with_row(ROW.format("3", "23:00", ""))}, [("error", "missing", 4, "End Time")], ["1", "2"]),
    "missing batch number": (
        {"batches": with_row(ROW.format("", "23:00", "23:30"))}, [("error", "missing", 4, "Batch")], ["1", "2"],
    ),
    "no such time": (
        {"batches": with_row(ROW.format("3", "23:00", "24:30"))}, [("error", "not_a_time", 4, "End Time")], ["1", "2"],
    ),
    "bad date": (
        {"batches": with_row("31/12/2025|COLA|3|Ann|08:00|09:00\n")}, [("error", "not_a_date", 4, "Date")], ["1", "2"],
    ),
    "absurd year": (
        {"batches": with_row("0202-03-02|COLA|3|Ann|08:00|09:00\n")}, [("error", "absurd", 4, "Date")], ["1", "2"],
    ),
    "in the future": (
        {"batches": with_row("2027-03-02|COLA|3|Ann|08:00|09:00\n")},
        [("error", "in_the_future", 4, "End Time")], ["1", "2"],
    ),
    "last day there is": (
        {"batches": with_row("9999-12-31|COLA|3|Ann|23:00|01:00\n")}, [("error", "absurd", 4, "Date")], ["1", "2"],
    ),
    "longer than a week": (
        {"batches": with_row(ROW.format("3", "2026-04-02 08:00", "2026-04-12 08:00"))},
        [("error", "absurd", 4, "End Time")], ["1", "2"],
    ),
    "unknown product": (
        {"batches": with_row("2026-03-02|MILK|3|Ann|12:00|13:00\n")},
        [("error", "unknown_product", 4, "Product")], ["1", "2"],
    ),
    "product without a minimum time": (
        {"products": PRODUCTS + "MILK|Milk|1 L|\n", "batches": with_row("2026-03-02|MILK|3|Ann|12:00|13:00\n")},
        [("warning", "no_minimum_time", 3, "Min batch time")], ["1", "2", "3"],
    ),
    "product with an unreadable minimum time": (
        {"products": PRODUCTS + "MILK|Milk|1 L|soon\n"}, [("error", "not_a_number", 3, "Min batch time")], ["1", "2"],
    ),
    "product twice": (
        {"products": PRODUCTS + "COLA|Cola|2 L|90\n"}, [("error", "duplicate_code", 3, "Product")], ["1", "2"],
    ),
    "formula for a product": (
        {"batches": with_row('2026-03-02|"=1+1"|3|Ann|12:00|13:00\n')}, [("error", "bad_code", 4, "Product")], ["1", "2"],
    ),
    "overlap": (
        {"batches": with_row(ROW.format("3", "09:00", "12:00"))}, [("error", "overlap", 4, "Start Time")], ["1", "2"],
    ),
    "stops longer than their batch": (
        {"stops": STOPS.replace("30.0", "121")},
        [("error", "stops_longer_than_batch", 2, "Batch"), ("warning", "batch_left_out", 2, "Batch")], ["2"],
    ),
    "negative minutes": (
        {"stops": STOPS.replace("30.0", "-30")},
        [("error", "negative", 2, "Factor 1"), ("error", "stops_unreadable", 2, "Batch"),
         ("warning", "batch_left_out", 2, "Batch")], ["2"],
    ),
    "NaN minutes": (
        {"stops": STOPS.replace("30.0", "NaN")},
        [("error", "not_a_number", 2, "Factor 1"), ("error", "stops_unreadable", 2, "Batch"),
         ("warning", "batch_left_out", 2, "Batch")], ["2"],
    ),
    "huge minutes": (
        {"stops": STOPS.replace("30.0", "99999999")},
        [("error", "absurd", 2, "Factor 1"), ("error", "stops_unreadable", 2, "Batch"),
         ("warning", "batch_left_out", 2, "Batch")], ["2"],
    ),
    "a row cut short": (
        {"stops": STOPS + "3|4\n"}, [("error", "cell_count", 4, "Batch")], ["1", "2"],
    ),
    "stops of a batch that is not there": (
        {"stops": STOPS + "3|4|5\n"}, [("warning", "stops_without_batch", 4, "Batch")], ["1", "2"],
    ),
    "the same stops twice": ({"stops": STOPS + "2||10.0\n"}, [("warning", "duplicate_stops", 4, "Batch")], ["1", "2"]),
    "contradicting stops": (
        {"stops": STOPS + "2||11.0\n"},
        [("error", "contradicting_stops", 4, "Batch"), ("error", "stops_unreadable", 3, "Batch"),
         ("warning", "batch_left_out", 3, "Batch"), ("warning", "batch_left_out", 4, "Batch")], ["1"],
    ),
    "factor column without a factor row": (
        {"stops": "Batch|1|2|13\n1|30||\n2||10|5\n"}, [("warning", "factor_without_row", 1, "13")], ["1", "2"],
    ),
    "factor twice": ({"factors": FACTORS + "1|Jam|No\n"}, [("error", "duplicate_code", 4, "Factor")], ["1", "2"]),
    "neither yes nor no": (
        {"factors": FACTORS + "3|Jam|maybe\n"}, [("error", "not_yes_or_no", 4, "Operator Error")], ["1", "2"],
    ),
    "bell in a name": (
        {"batches": with_row("2026-03-02|COLA|3|A\x07nn|12:00|13:00\n")}, [("error", "unprintable", 4, "Operator")],
        ["1", "2"],
    ),
    "endless name": (
        {"batches": with_row(f"2026-03-02|COLA|3|{'A' * 200}|12:00|13:00\n")}, [("error", "too_long", 4, "Operator")],
        ["1", "2"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("dirt", DIRT)
def test_dirt_is_handled_or_named(dirt):
    changed, expected, remaining = DIRT[dirt]
    log, findings = parsed(small(**changed))
    assert sorted((s, code, row, column) for s, code, _, row, column, _ in said(findings)) == sorted(expected)
    assert [batch.number for batch in log.batches] == remaining


def test_a_batch_without_stops_row_had_none():
    assert parsed(small(stops="Batch|1\n2|5\n"))[0].batches[0].stops == ()


def test_performance_is_undefined_without_a_minimum_time():
    found = figures(parsed(small(products=PRODUCTS.replace("60", "")))[0])
    assert (found["performance"], found["oee"], found["availability"]) == (
        None,
        None,
        pytest.approx(170 / 210),
    )


def test_no_batch_no_figure():
    found = figures(parsed(small(batches=BATCHES.splitlines()[0]))[0])
    assert (found["busy_minutes"], found["availability"], found["oee"]) == (0, None, None)


def test_products_of_the_plant_are_known():
    log, findings = parsed(small(products=None), known_products={"COLA"})
    assert (len(log.batches), said(findings)) == (2, [])


@pytest.mark.parametrize(
    ("changed", "code", "file", "row"),
    [
        ({"batches": None}, "file_missing", "batches", 0),
        ({"stops": None}, "file_missing", "stops", 0),
        ({"batches": b""}, "empty", "batches.csv", 0),
        ({"batches": b"\n\n  \n"}, "empty", "batches.csv", 0),
        ({"batches": b"PK\x03\x04\x00\x00"}, "binary", "batches.csv", 1),
        ({"batches": BATCHES.encode("utf-16")}, "binary", "batches.csv", 1),
        ({"batches": BATCHES.encode() + b"\xff\xfe\n"}, "encoding", "batches.csv", 4),
        ({"batches": BATCHES.replace("Batch", "Lot")}, "columns_missing", "batches.csv", 1),
        ({"batches": BATCHES.replace("Operator", "Batch")}, "column_twice", "batches.csv", 1),
        ({"stops": "Batch|1|Factor 1\n1|2|3\n"}, "column_twice", "stops.csv", 1),
        ({"stops": "Batch|1|???\n1|2|3\n"}, "bad_column", "stops.csv", 1),
        ({"batches": BATCHES + '2026-03-02|"COLA|3|Ann|12:00|13:00\n'}, "csv", "batches.csv", 4),
        ({"batches": BATCHES + "x" * 200_000}, "csv", "batches.csv", 4),
        ({"batches": b"x" * (MAX_BYTES + 1)}, "too_large", "batches.csv", 0),
        ({"stops": STOPS + "9||\n" * MAX_ROWS}, "too_many_rows", "stops.csv", 0),
        ({"stops": "Batch|" + "|".join(map(str, range(501)))}, "too_many_columns", "stops.csv", 1),
    ],
)  # fmt: skip
def test_unusable_files(changed, code, file, row):
    with pytest.raises(Unusable) as refused:
        parsed(small(**changed))
    finding = refused.value.finding
    assert (finding.code, finding.file, finding.row) == (code, file, row)


class TestColumnMap:
    def test_default_is_complete_and_comes_back(self):
        assert read_map(as_text(DEFAULT_MAP)) == DEFAULT_MAP == read_map("") == read_map("{}")

    @pytest.mark.parametrize(
        ("text", "word"),
        [
            ("{", "Expecting"),
            ("[]", "object"),
            ('{"batchs": {}}', "batchs"),
            ('{"batches": {"batch": 5}}', "batches.batch"),
            ('{"batches": {"batch": null}}', "batches.batch"),
            ('{"encoding": "utf-32"}', "encoding"),
            ('{"categories": {"1": "LUNCH"}}', "categories"),
            ('{"stops": {"factor": "Grund"}}', "minutes"),
            ('{"products": {"ideal_seconds": "s"}}', "minimum_minutes"),
            ('{"batches": {"batch": "a\\u0000b"}}', "NUL"),
            ('{"batches": {"batch": "a\\ud800b"}}', "surrogates"),
            ("[" * 9_000, "nested"),
            (" " * 20_001, "longer"),
        ],
    )
    def test_bad_maps_say_where(self, text, word):
        with pytest.raises(ValueError, match=word):
            read_map(text)

    def test_words_are_those_of_the_plant(self):
        assert set(CATEGORIES) == set(LossCategory.values)
        assert cells.CODE.pattern == code_rule.regex.pattern


@pytest.mark.parametrize(
    ("name", "category"),
    [
        ("Conveyor belt jam", "BREAKDOWN"),
        ("Changeover failure", "BREAKDOWN"),
        ("Re-adjustment of labeller", "SETUP"),
        ("Exchange of views", "OTHER"),
        ("금형 교체", "SETUP"),
        ("Waiting for material", "STARVED_BLOCKED"),
        ("", "OTHER"),
    ],
)
def test_category_by_words(name, category):
    assert category_of(name) == category


# Layout


def batch_of(start, end, *stops, number="1"):
    return Batch(number, "P", "", start, end, tuple(Stop(f, timedelta(minutes=m)) for f, m in stops), 2)


def wall(day, hour, minute=0):
    return datetime(2026, 3, day, hour, minute, tzinfo=BERLIN).astimezone(UTC)


def test_stops_come_first_and_the_parts_fill_the_batch():
    batch = batch_of(wall(2, 8), wall(2, 10), ("1", 30), ("7", 15))
    assert [(p.name, p.factor, p.start, p.end) for p in parts_of(batch)] == [
        ("stop/1/1/1", "1", wall(2, 8), wall(2, 8, 30)),
        ("stop/2/7/1", "7", wall(2, 8, 30), wall(2, 8, 45)),
        ("run/1", None, wall(2, 8, 45), wall(2, 10)),
    ]
    assert counted_at(batch) == wall(2, 10) - timedelta(seconds=1)


def test_a_batch_that_never_ran_has_no_running_part():
    assert [p.factor for p in parts_of(batch_of(wall(2, 8), wall(2, 9), ("1", 60)))] == ["1"]


@given(
    st.lists(st.integers(1, 600), max_size=8).flatmap(
        lambda stops: st.tuples(st.just(stops), st.integers(max(sum(stops), 1), sum(stops) + 600))
    )
)
def test_parts_neither_lose_nor_make_time(drawn):
    stops, length = drawn
    start = wall(2, 8)
    parts = parts_of(batch_of(start, start + timedelta(minutes=length), *[("1", m) for m in stops]))
    edges = [start, *(p.end for p in parts)]
    assert [p.start for p in parts] == edges[:-1]
    assert edges[-1] == start + timedelta(minutes=length)
    assert all(p.end > p.start for p in parts)


def test_gaps():
    spans = [
        (wall(2, 8), wall(2, 10)),
        (wall(2, 10), wall(2, 11)),
        (wall(2, 9), wall(2, 12)),
        (wall(2, 13), wall(2, 14)),
    ]
    assert gaps(reversed(spans)) == [(wall(2, 12), wall(2, 13))]
    assert gaps([]) == []


def test_working_times_join_what_is_unbroken_within_a_day():
    times = working_times(
        [
            batch_of(wall(2, 8), wall(2, 10)),
            batch_of(wall(2, 10), wall(2, 12)),
            batch_of(wall(2, 14), wall(3, 1)),
            batch_of(wall(3, 1), wall(3, 5)),
        ],
        BERLIN,
    )
    assert times == [
        WorkingTime(date(2026, 3, 2), time(8), time(12)),
        WorkingTime(date(2026, 3, 2), time(14), time(1)),
        WorkingTime(date(2026, 3, 3), time(1), time(5)),
    ]


def test_working_times_are_never_longer_than_a_day():
    times = working_times([batch_of(wall(2, 8), wall(4, 9))], BERLIN)
    assert times == [
        WorkingTime(date(2026, 3, 2), time(8), time(8)),
        WorkingTime(date(2026, 3, 3), time(8), time(8)),
        WorkingTime(date(2026, 3, 4), time(8), time(9)),
    ]


# Whatever is in the cells, nothing breaks and every row is either used or named.

CELL = st.one_of(
    st.sampled_from(["", "1", "2", "3", "COLA", "MILK", "08:00", "09:30", "23:00", "01:00", "2026-03-02", "-5", "NaN",
                     "1900-01-01 10:00", "Batch", "1e9", "=1+1", "٣", "10.5", "2026-03-02 12:00", "999999999"]),
    st.text(st.characters(exclude_characters="|\n\r\x00\"", codec="utf-8"), max_size=12),
)  # fmt: skip


def table(header, width):
    rows = st.lists(st.lists(CELL, min_size=width - 1, max_size=width + 1), max_size=6)
    return rows.map(lambda found: header + "\n" + "\n".join("|".join(row) for row in found))


@settings(max_examples=300, deadline=None)
@given(
    batches=table(BATCHES.splitlines()[0], 6),
    stops=table("Batch|1|2", 3),
    factors=table(FACTORS.splitlines()[0], 3),
    products=table(PRODUCTS.splitlines()[0], 4),
)
def test_every_row_is_used_or_named(batches, stops, factors, products):
    log, findings = parsed(
        small(batches=batches, stops=stops, factors=FACTORS + factors, products=PRODUCTS + products)
    )
    for role, count in log.tables.items():
        named = {f.row for f in findings.items if f.file == count.file and f.code not in ("no_minimum_time",)}
        assert count.left_out <= len(named), (role, said(findings))
    assert all(a.end <= b.start for a, b in zip(log.batches, log.batches[1:], strict=False))
    assert all(b.stopped <= b.duration for b in log.batches)
    assert isinstance(Findings(findings.items).as_values(), list)
