"""Statistics of calls: the arithmetic against figures worked out by hand, and what is told over HTTP."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from freezegun import freeze_time
from hypothesis import given
from hypothesis import strategies as st

from andon import actions
from andon.figures import bursts, times
from tests.andon.calls import call
from tests.support.api import API, client_for
from tests.support.factories import LineFactory, MachineFactory, UserFactory

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
STATISTICS = f"{API}andon/statistics"
WINDOW = {"start": "2026-03-01T00:00:00Z", "end": "2026-03-05T00:00:00Z"}


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


class TestTimes:
    def test_of_nothing_there_is_none(self):
        told = times([])
        assert (told.count, told.mean_seconds, told.median_seconds, told.p95_seconds) == (0, None, None, None)

    def test_of_one_all_are_the_same(self):
        told = times([42])
        assert (told.mean_seconds, told.median_seconds, told.p95_seconds) == (42, 42, 42)

    def test_by_hand(self):
        """1 to 20: the 95th percentile lies at place 0.95 × 19 = 18.05, between 19 and 20."""
        told = times(range(20, 0, -1))
        assert (told.count, told.mean_seconds, told.median_seconds) == (20, 10.5, 10.5)
        assert told.p95_seconds == pytest.approx(19.05)

    @given(st.lists(st.floats(0, 1e6), min_size=1))
    def test_each_lies_between_the_least_and_the_most(self, values):
        told = times(values)
        for value in (told.median_seconds, told.p95_seconds):
            assert min(values) <= value <= max(values)


class TestBursts:
    def test_ten_in_ten_minutes_are_no_flood_and_eleven_are(self):
        moments = [at(54 * n) for n in range(11)]  # the eleventh after nine minutes
        assert bursts(moments[:10], count=11, within=timedelta(minutes=10)) == []
        [flood] = bursts(moments, count=11, within=timedelta(minutes=10))
        assert (flood.start, flood.end, flood.count) == (at(0), at(540), 11)

    def test_what_is_exactly_as_long_is_outside(self):
        assert bursts([at(0), at(30), at(60)], count=3, within=timedelta(minutes=1)) == []

    def test_a_burst_lasts_as_long_as_it_lasts_and_pauses_part_two(self):
        moments = [at(s) for s in (0, 20, 40, 60, 80, 500, 520, 540)]
        found = bursts(moments, count=3, within=timedelta(minutes=1))
        assert [(b.start, b.end, b.count) for b in found] == [(at(0), at(80), 5), (at(500), at(540), 3)]

    @given(st.lists(st.integers(0, 1000)))
    def test_bursts_are_apart_and_large_enough(self, seconds):
        found = bursts(map(at, seconds), count=3, within=timedelta(minutes=1))
        assert all(burst.count >= 3 for burst in found)
        assert all(a.end < b.start or a.end == b.start for a, b in zip(found, found[1:], strict=False))


@pytest.mark.django_db
class TestOverHttp:
    @pytest.fixture
    def viewer(self):
        return client_for("viewer")

    def _call(self, machine, clock, answer=None, end=None, **given):
        """A call answered and over after so many seconds; the clock stands where it stood."""
        actor = UserFactory(role="engineer")
        event, gone = call(machine, **given), 0
        for seconds, step in ((answer, "acknowledge"), (end, "resolve")):
            if seconds is not None:
                clock.tick(seconds - gone)
                gone = seconds
                more = {"resolution_notes": ""} if step == "resolve" else {}
                getattr(actions, step)(event=event, actor=actor, **more)
        clock.tick(-gone)
        return event

    def test_figures_by_hand(self, viewer):
        first, second = MachineFactory(), MachineFactory()
        with freeze_time(NOW) as clock:
            self._call(first, clock, 60, 600, priority="HIGH")
            clock.tick(1000)
            self._call(first, clock, 120, 2400, priority="HIGH")  # over its 30 minutes
            clock.tick(3000)
            self._call(second, clock, 300, None, event_type="QUALITY", priority="LOW")
            actions.escalate(event=call(second, event_type="SAFETY"), actor=UserFactory())
            told = viewer.get(STATISTICS, WINDOW).json()
        assert (told["calls"], told["acknowledged"], told["resolved"], told["open"]) == (4, 3, 2, 2)
        assert told["time_to_acknowledge"] == {
            "count": 3,
            "mean_seconds": 160,
            "median_seconds": 120,
            "p95_seconds": pytest.approx(282),
        }
        assert told["time_to_resolve"]["mean_seconds"] == 1500
        assert (told["escalated"], told["escalations"], told["escalation_rate"]) == (1, 1, 0.25)
        assert told["on_target_rate"] == 0.5
        assert [(row["key"], row["calls"]) for row in told["by_type"]] == [
            ("STOPPAGE", 2),
            ("QUALITY", 1),
            ("SAFETY", 1),
        ]
        assert [(row["key"], row["calls"]) for row in told["by_priority"]] == [
            ("LOW", 1),
            ("MEDIUM", 1),
            ("HIGH", 2),
        ]
        lines = sorted([(first.line.line_code, 2), (second.line.line_code, 2)])
        assert [(row["key"], row["calls"]) for row in told["by_line"]] == lines
        assert told["by_type"][0]["time_to_acknowledge"]["median_seconds"] == 90

    def test_who_joins_repeats_and_chatters(self, viewer):
        machine = MachineFactory()
        event = call(machine)
        for _ in range(3):
            call(machine)
        told = viewer.get(STATISTICS).json()
        assert (told["calls"], told["raises"], told["repeat_rate"]) == (1, 4, 0.75)
        [chatter] = told["chattering"]
        assert (chatter["count"], chatter["equipment_code"]) == (4, machine.equipment_code)
        [top] = told["top_causes"]
        assert (top["raises"], top["share"], top["event_type"]) == (4, 1.0, event.event_type)
        assert told["floods"] == []

    def test_eleven_calls_in_ten_minutes_are_a_flood(self, viewer):
        with freeze_time(NOW) as clock:
            for _ in range(11):
                call()
                clock.tick(50)
            [flood] = viewer.get(STATISTICS, WINDOW).json()["floods"]
        assert flood == {"start": "2026-03-02T08:00:00Z", "end": "2026-03-02T08:08:20Z", "count": 11}

    def test_the_top_ten_are_ten(self, viewer):
        for _ in range(12):
            call()
        busiest = call(MachineFactory())
        call(busiest.machine)
        top = viewer.get(STATISTICS).json()["top_causes"]
        assert len(top) == 10 and top[0]["equipment_code"] == busiest.machine.equipment_code

    def test_what_is_open_for_more_than_a_day_is_stale(self, viewer):
        with freeze_time(NOW) as clock:
            event = call()
            clock.tick(timedelta(days=1))
            assert viewer.get(STATISTICS, WINDOW).json()["stale"] == []
            clock.tick(1)
            [stale] = viewer.get(STATISTICS, WINDOW).json()["stale"]
        assert (stale["id"], stale["ended_at"]) == (event.pk, None)

    def test_one_line_alone_and_the_end_is_exclusive(self, viewer):
        with freeze_time(NOW):
            event = call()
            call()
            here = viewer.get(STATISTICS, WINDOW | {"line_id": event.line_id}).json()
            before = viewer.get(STATISTICS, WINDOW | {"end": NOW.isoformat()}).json()
            after = viewer.get(STATISTICS, WINDOW | {"start": NOW.isoformat()}).json()
        assert (here["calls"], here["line_id"], before["calls"], after["calls"]) == (1, event.line_id, 0, 2)

    def test_of_nothing_nothing_is_told(self, viewer):
        told = viewer.get(STATISTICS).json()
        assert (told["calls"], told["repeat_rate"], told["line_id"], told["by_type"]) == (0, None, None, [])
        assert told["time_to_resolve"]["p95_seconds"] is None

    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ({"start": "x"}, "start"),
            ({"start": "2026-03-01T00:00:00"}, "start"),
            ({"start": "0001-01-01T00:00:00Z"}, "start"),
            ({"end": "NaN"}, "end"),
            ({"start": "2026-03-02T00:00:00Z", "end": "2026-03-01T00:00:00Z"}, "end"),
            ({"start": "2024-03-02T00:00:00Z", "end": "2026-03-01T00:00:00Z"}, "end"),
            ({"line_id": "x"}, "line_id"),
            ({"line_id": 10**20}, "line_id"),
            ({"line_id": 10**9}, "line_id"),
            ({"line_id": "1.5"}, "line_id"),
            ({"colour": "red"}, "colour"),
        ],
    )
    def test_odd_questions_are_refused_by_name(self, viewer, query, field):
        answer = viewer.get(STATISTICS, query)
        assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])

    def test_the_same_few_queries_however_many_calls(self, viewer):
        counts = []
        for calls in (2, 8):
            for _ in range(calls):
                call(LineFactory() and MachineFactory())
            with CaptureQueriesContext(connection) as queries:
                viewer.get(STATISTICS)
            counts.append(len(queries))
        assert counts == [5, 5]
