"""The plan of the demo: the same for the same shift, without contradictions, and realistic."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from equipment.calendar import Pattern, Shift, instant, shifts
from factory_mes.demo.events import events_between, moment_of, shift_events
from factory_mes.demo.expected import of_line
from factory_mes.demo.lines import LINES
from factory_mes.demo.plan import plan_shift

ZONE = ZoneInfo("Europe/Berlin")
EARLY = Pattern(
    "Early",
    frozenset(range(7)),
    time(6),
    time(14),
    ((time(9), time(9, 15)), (time(12), time(12, 30))),
    date(2020, 1, 1),
    None,
)


def early_shifts(days: int = 10) -> list[Shift]:
    start = instant(datetime(2026, 3, 23), ZONE)
    return shifts(patterns=[EARLY], exceptions=(), zone=ZONE, start=start, end=start + timedelta(days=days))


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.code)
class TestPlan:
    def test_the_same_shift_gives_the_same_events(self, line):
        shift = early_shifts(1)[0]
        assert list(shift_events(plan_shift(line, shift))) == list(shift_events(plan_shift(line, shift)))

    def test_spells_cover_the_shift_without_gap_or_overlap(self, line):
        for shift in early_shifts():
            for spells in plan_shift(line, shift).spells:
                assert spells[0].start == 0
                assert spells[-1].end == (shift.end - shift.start).total_seconds()
                assert all(one.end == two.start for one, two in zip(spells, spells[1:], strict=False))

    def test_event_ids_are_unique_and_windows_do_not_change_them(self, line):
        found = early_shifts(2)
        start, end = found[0].start, found[-1].end
        whole = events_between(line, found, start, end)
        cut = start + timedelta(hours=3, minutes=7, seconds=11)
        assert events_between(line, found, start, cut) + events_between(line, found, cut, end) == whole
        assert len({event["event_id"] for event in whole}) == len(whole)
        assert [moment_of(event) for event in whole] == sorted(moment_of(event) for event in whole)

    def test_kpis_are_those_of_a_real_plant(self, line):
        figures = [of_line(plan_shift(line, shift)) for shift in early_shifts()]
        mean = {
            name: sum(getattr(f, name) for f in figures) / len(figures)
            for name in ("availability", "performance", "quality", "oee")
        }
        assert 0.75 <= mean["availability"] <= 0.97
        assert 0.75 <= mean["performance"] <= 0.98
        assert 0.95 <= mean["quality"] <= 0.998
        assert 0.55 <= mean["oee"] <= 0.88
