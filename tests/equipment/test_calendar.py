"""Shift arithmetic: expected times are counted by hand from the clock changes of the zones named."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipment.calendar import (
    ALWAYS,
    CalendarException,
    Pattern,
    Shift,
    always,
    instant,
    planned_intervals,
    shifts,
)

BERLIN = ZoneInfo("Europe/Berlin")  # 2026: forward 29 March 02:00 -> 03:00, back 25 October 03:00 -> 02:00
NEW_YORK = ZoneInfo(
    "America/New_York"
)  # 2026: forward 8 March 02:00 -> 03:00, back 1 November 02:00 -> 01:00
SEOUL = ZoneInfo("Asia/Seoul")  # never
LORD_HOWE = ZoneInfo(
    "Australia/Lord_Howe"
)  # 2026: back 5 April 02:00 -> 01:30, forward 4 October 02:00 -> 02:30
APIA = ZoneInfo("Pacific/Apia")  # 30 December 2011 was left out
ST_JOHNS = ZoneInfo("America/St_Johns")  # 2010: back 7 November 00:01 -> 23:01 of the day before
SAO_PAULO = ZoneInfo("America/Sao_Paulo")  # 2018: forward 4 November 00:00 -> 01:00
ZONES = [BERLIN, NEW_YORK, SEOUL, LORD_HOWE, APIA, ST_JOHNS, SAO_PAULO]

EVERY_DAY = frozenset(range(7))
SPRING, AUTUMN = date(2026, 3, 28), date(2026, 10, 24)  # the evenings before the changes in Berlin


def wall(text: str) -> tuple[time, time]:
    start, end = text.split("-")
    return time.fromisoformat(start), time.fromisoformat(end)


def pattern(hours: str, *breaks: str, name: str = "Shift", **given) -> Pattern:
    start, end = wall(hours)
    defaults = {"weekdays": EVERY_DAY, "valid_from": date(2000, 1, 1), "valid_to": None}
    return Pattern(name=name, start=start, end=end, breaks=tuple(map(wall, breaks)), **defaults | given)


def holiday(day: date, hours: str | None = None) -> CalendarException:
    return CalendarException(day, "HOLIDAY", *(wall(hours) if hours else ()))


def overtime(day: date, hours: str) -> CalendarException:
    return CalendarException(day, "OVERTIME", *wall(hours))


def of_day(day: date, *patterns: Pattern, exceptions=(), zone=SEOUL) -> list[Shift]:
    """The shifts that begin on the shift day, asked for by a window that holds them all."""
    noon = datetime.combine(day, time(12), tzinfo=zone)
    window = {"start": noon - timedelta(days=3), "end": noon + timedelta(days=3)}
    found = shifts(patterns=patterns, exceptions=exceptions, zone=zone, **window)
    return [shift for shift in found if shift.day == day]


def local(shift: Shift, zone=SEOUL) -> str:
    """A shift as the people on the floor say it: "22:00-06:00"."""
    return "-".join(f"{at.astimezone(zone):%H:%M}" for at in (shift.start, shift.end))


def seconds(spans) -> float:
    return sum((span[1] - span[0]).total_seconds() for span in spans)


def hours(shift: Shift) -> float:
    return seconds(shift.planned) / 3600


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


class TestOnePattern:
    DAY = date(2026, 6, 10)  # a Wednesday

    def test_a_day_shift_with_breaks(self):
        [shift] = of_day(self.DAY, pattern("06:00-14:00", "09:00-09:15", "11:30-12:00", name="Early"))
        assert shift.key == (self.DAY, "Early")
        assert (shift.start, shift.end) == (
            utc("2026-06-09T21:00"),
            utc("2026-06-10T05:00"),
        )  # Seoul is UTC+9
        assert shift.planned == (
            (utc("2026-06-09T21:00"), utc("2026-06-10T00:00")),
            (utc("2026-06-10T00:15"), utc("2026-06-10T02:30")),
            (utc("2026-06-10T03:00"), utc("2026-06-10T05:00")),
        )

    def test_the_classic_sheet_has_420_minutes_busy(self):
        """W1: a shift of 480 minutes with breaks of 2 x 15 and 1 x 30."""
        [shift] = of_day(self.DAY, pattern("08:00-16:00", "10:00-10:15", "12:00-12:30", "14:00-14:15"))
        assert seconds(shift.planned) == 420 * 60

    def test_an_end_before_the_start_is_the_next_day_and_breaks_lie_past_midnight(self):
        [shift] = of_day(self.DAY, pattern("22:00-06:00", "23:45-00:15", "02:00-02:30"))
        assert shift.end - shift.start == timedelta(hours=8)
        assert [local(replace_span(shift, b)) for b in shift.breaks] == ["23:45-00:15", "02:00-02:30"]
        assert hours(shift) == 7

    def test_equal_times_are_24_hours(self):
        [shift] = of_day(self.DAY, pattern("06:00-06:00"))
        assert shift.end - shift.start == timedelta(hours=24)

    def test_no_weekdays_is_never(self):
        assert of_day(self.DAY, pattern("06:00-14:00", weekdays=frozenset())) == []

    def test_weekdays_count_from_monday_on_the_day_the_shift_begins(self):
        friday_night = pattern("22:00-06:00", weekdays=frozenset({4}))
        days = [self.DAY + timedelta(days=n) for n in range(7)]
        assert [d for d in days if of_day(d, friday_night)] == [date(2026, 6, 12)]

    def test_validity_includes_both_its_days(self):
        short = pattern("22:00-06:00", valid_from=self.DAY, valid_to=self.DAY + timedelta(days=1))
        running = [bool(of_day(self.DAY + timedelta(days=n), short)) for n in (-1, 0, 1, 2)]
        assert running == [False, True, True, False]

    @pytest.mark.parametrize(
        ("given_breaks", "expected"),
        [
            (["12:00-12:00"], 8),  # no length
            (["04:00-05:00"], 8),  # outside the shift
            (["13:30-14:30"], 7.5),  # sticks out
            (["10:00-11:00", "10:30-11:30"], 6.5),  # overlap each other
            (["10:00-12:00", "10:30-11:00"], 6),  # one within the other
            (["06:00-14:00"], 0),
        ],
    )
    def test_odd_breaks_take_only_what_they_cover_once(self, given_breaks, expected):
        [shift] = of_day(self.DAY, pattern("06:00-14:00", *given_breaks))
        assert hours(shift) == expected

    def test_the_window_is_half_open_and_does_not_clip(self):
        early = pattern("06:00-14:00")
        ask = {"patterns": [early], "exceptions": (), "zone": SEOUL}
        start, end = utc("2026-06-09T21:00"), utc("2026-06-10T05:00")
        second = timedelta(seconds=1)
        assert shifts(**ask, start=start - second, end=start) == []
        assert shifts(**ask, start=end, end=end + second) == []
        assert shifts(**ask, start=start, end=start) == []
        assert shifts(**ask, start=end, end=start) == []
        for window in ((start, start + second), (end - second, end)):
            [shift] = shifts(**ask, start=window[0], end=window[1])
            assert (shift.start, shift.end) == (start, end)

    def test_everything_comes_out_in_utc_whatever_zone_the_window_has(self):
        day = datetime(2026, 6, 10, tzinfo=NEW_YORK)
        found = shifts(
            patterns=[pattern("22:00-06:00", "02:00-02:30")],
            exceptions=(),
            zone=SEOUL,
            start=day,
            end=day + timedelta(days=2),
        )
        moments = [at for s in found for span in (*s.breaks, *s.planned, (s.start, s.end)) for at in span]
        assert {at.tzinfo for at in moments} == {UTC}


def replace_span(shift: Shift, span) -> Shift:
    return Shift(shift.day, shift.name, *span, ())


class TestExceptions:
    DAY = date(2026, 6, 10)
    EARLY, LATE, NIGHT = (
        pattern("06:00-14:00", "10:00-10:30", name="Early"),
        pattern("14:00-22:00", name="Late"),
        pattern("22:00-06:00", "02:00-02:30", name="Night"),
    )

    def found(self, *exceptions, patterns=(EARLY, LATE, NIGHT), day=DAY):
        return [(s.name, local(s), hours(s)) for s in of_day(day, *patterns, exceptions=exceptions)]

    def test_a_holiday_removes_the_shifts_that_begin_that_day(self):
        assert self.found(holiday(self.DAY)) == []
        yesterday = self.found(holiday(self.DAY), day=self.DAY - timedelta(days=1))
        assert yesterday[-1] == ("Night", "22:00-06:00", 7.5)

    def test_a_holiday_with_times_shortens_a_shift(self):
        assert self.found(holiday(self.DAY, "12:00-18:00"), patterns=[self.EARLY, self.LATE]) == [
            ("Early", "06:00-12:00", 5.5),
            ("Late", "18:00-22:00", 4),
        ]

    def test_a_holiday_in_the_middle_leaves_two_pieces_of_one_key(self):
        pieces = of_day(self.DAY, self.EARLY, exceptions=[holiday(self.DAY, "09:00-10:15")])
        assert [(local(s), hours(s)) for s in pieces] == [("06:00-09:00", 3), ("10:15-14:00", 3.5)]
        assert {s.key for s in pieces} == {(self.DAY, "Early")}

    @pytest.mark.parametrize(
        ("times", "expected"),
        [
            ("14:00-00:00", [("Night", "00:00-06:00", 5.5)]),
            ("14:00-06:00", []),
            ("00:00-00:00", []),
            ("02:00-04:00", [("Night", "22:00-02:00", 4), ("Night", "04:00-06:00", 2)]),
        ],
    )
    def test_a_holiday_with_times_is_read_on_the_clock_of_the_night_shift(self, times, expected):
        assert self.found(holiday(self.DAY, times), patterns=[self.NIGHT]) == expected

    def test_several_holidays_of_a_day_remove_their_time_once(self):
        two = holiday(self.DAY, "06:00-08:00"), holiday(self.DAY, "07:00-09:00")
        assert self.found(*two, patterns=[self.EARLY]) == [("Early", "09:00-14:00", 4.5)]

    def test_overtime_on_a_free_day(self):
        saturday = date(2026, 6, 13)
        workdays = pattern("06:00-14:00", weekdays=frozenset(range(5)))
        assert self.found(overtime(saturday, "08:00-12:00"), patterns=[workdays], day=saturday) == [
            ("Overtime", "08:00-12:00", 4)
        ]

    def test_overtime_without_any_pattern_and_past_midnight(self):
        assert self.found(overtime(self.DAY, "22:00-02:00"), patterns=[]) == [("Overtime", "22:00-02:00", 4)]

    def test_overtime_on_a_holiday_is_worked(self):
        assert self.found(holiday(self.DAY), overtime(self.DAY, "06:00-10:00")) == [
            ("Overtime", "06:00-10:00", 4)
        ]

    def test_overtime_adds_only_what_no_shift_has(self):
        assert self.found(overtime(self.DAY, "04:00-16:00"), patterns=[self.EARLY]) == [
            ("Overtime", "04:00-06:00", 2),
            ("Early", "06:00-14:00", 7.5),  # its break stays a break
            ("Overtime", "14:00-16:00", 2),
        ]
        assert self.found(overtime(self.DAY, "08:00-12:00"), patterns=[self.EARLY]) == [
            ("Early", "06:00-14:00", 7.5)
        ]

    def test_overtime_yields_to_the_nights_around_it_too(self):
        assert self.found(overtime(self.DAY, "04:00-23:00"), patterns=[self.NIGHT]) == [
            ("Overtime", "06:00-22:00", 16),
            ("Night", "22:00-06:00", 7.5),
        ]
        assert self.found(overtime(self.DAY, "23:00-08:00"), patterns=[self.EARLY]) == [
            ("Early", "06:00-14:00", 7.5),
            ("Overtime", "23:00-06:00", 7),
        ]

    def test_overlapping_overtimes_count_once(self):
        two = overtime(self.DAY, "06:00-10:00"), overtime(self.DAY, "08:00-12:00")
        assert [f[1] for f in self.found(*two, patterns=[])] == ["06:00-10:00", "10:00-12:00"]

    @pytest.mark.parametrize(
        "wrong", [("HOLIDAY", time(8), None), ("HOLIDAY", None, time(8)), ("OVERTIME", None, None)]
    )
    def test_half_a_span_is_refused(self, wrong):
        with pytest.raises(ValueError, match="start and"):
            CalendarException(self.DAY, *wrong)


class TestOverlappingPatterns:
    DAY = date(2026, 6, 10)

    def test_the_later_loses_the_overlap_with_its_breaks(self):
        found = of_day(
            self.DAY,
            pattern("10:00-18:00", "13:30-14:30", name="B"),
            pattern("06:00-14:00", "10:00-10:30", name="A"),
        )
        assert [(s.name, local(s), hours(s)) for s in found] == [
            ("A", "06:00-14:00", 7.5),
            ("B", "14:00-18:00", 3.5),
        ]

    def test_of_equal_starts_the_first_given_has_the_time(self):
        found = of_day(self.DAY, pattern("06:00-10:00", name="A"), pattern("06:00-14:00", name="B"))
        assert [(s.name, local(s)) for s in found] == [("A", "06:00-10:00"), ("B", "10:00-14:00")]
        found = of_day(self.DAY, pattern("06:00-14:00", name="B"), pattern("06:00-10:00", name="A"))
        assert [(s.name, local(s)) for s in found] == [("B", "06:00-14:00")]

    def test_the_end_of_a_night_keeps_its_time_from_the_next_early_shift(self):
        night, early = pattern("22:00-07:00", name="Night"), pattern("06:00-14:00", name="Early")
        assert [(s.name, local(s)) for s in of_day(self.DAY, night, early)] == [
            ("Early", "07:00-14:00"),
            ("Night", "22:00-07:00"),
        ]

    def test_a_shift_is_the_same_whatever_window_it_is_asked_for(self):
        long = pattern("08:00-07:00", name="A"), pattern("06:00-05:00", name="B")
        asked = {"patterns": long, "exceptions": [overtime(self.DAY, "04:30-07:15")], "zone": SEOUL}
        hour = timedelta(hours=1)
        start = datetime.combine(self.DAY, time(), tzinfo=SEOUL)
        whole = shifts(**asked, start=start - 200 * hour, end=start + 200 * hour)
        for n in range(-48, 48):
            a, b = start + n * hour, start + (n + 1) * hour
            assert shifts(**asked, start=a, end=b) == [s for s in whole if s.start < b and s.end > a]


class TestClockChanges:
    @pytest.mark.parametrize(
        ("zone", "day", "expected"),
        [
            (BERLIN, SPRING, 7),
            (BERLIN, AUTUMN, 9),
            (BERLIN, date(2026, 6, 10), 8),
            (NEW_YORK, date(2026, 3, 7), 7),
            (NEW_YORK, date(2026, 10, 31), 9),
            (SEOUL, SPRING, 8),
            (SEOUL, AUTUMN, 8),
            (LORD_HOWE, date(2026, 10, 3), 7.5),
            (LORD_HOWE, date(2026, 4, 4), 8.5),
        ],
    )
    def test_a_night_from_22_to_6(self, zone, day, expected):
        [shift] = of_day(day, pattern("22:00-06:00"), zone=zone)
        assert hours(shift) == expected
        assert local(shift, zone) == "22:00-06:00"

    @pytest.mark.parametrize(
        ("day", "pause", "expected"),
        [
            (SPRING, "02:00-03:00", 0),  # the hour that is not there
            (SPRING, "02:15-02:45", 0),
            (SPRING, "02:30-03:30", 30),
            (SPRING, "01:30-02:30", 30),
            (AUTUMN, "02:00-02:30", 30),  # the hour that comes twice has one break
            (AUTUMN, "02:30-03:00", 30),
            (AUTUMN, "01:30-03:30", 120),
        ],
    )
    def test_a_break_at_the_change_in_minutes(self, day, pause, expected):
        [shift] = of_day(day, pattern("22:00-06:00", pause), zone=BERLIN)
        assert seconds(shift.breaks) == expected * 60
        assert seconds(shift.planned) + expected * 60 == (shift.end - shift.start).total_seconds()

    @pytest.mark.parametrize(
        ("zone", "day", "seam"),
        [
            (zone, day, seam)
            for zone, changes in [
                (BERLIN, (SPRING, AUTUMN)),
                (NEW_YORK, (date(2026, 3, 7), date(2026, 10, 31))),
                (LORD_HOWE, (date(2026, 4, 4), date(2026, 10, 3))),
                (SEOUL, (SPRING,)),
            ]
            for day in changes
            for seam in ("01:00", "01:30", "01:45", "02:00", "02:15", "02:30", "03:00")
        ],
    )
    def test_adjacent_shifts_meet_whenever_the_change_comes(self, zone, day, seam):
        two = pattern(f"18:00-{seam}", name="A"), pattern(f"{seam}-18:00", name="B")
        start, end = (datetime.combine(day + timedelta(days=n), time(), tzinfo=zone) for n in (-2, 3))
        found = shifts(patterns=two, exceptions=(), zone=zone, start=start, end=end)
        assert all(a.end == b.start for a, b in zip(found, found[1:], strict=False))
        assert found[0].start <= start < end <= found[-1].end

    @pytest.mark.parametrize(
        ("zone", "shown", "expected"),
        [
            (BERLIN, "2026-03-29T01:59:59", "2026-03-29T00:59:59"),
            (BERLIN, "2026-03-29T02:00", "2026-03-29T01:00"),  # skipped: the moment of the change
            (BERLIN, "2026-03-29T02:59:59.999999", "2026-03-29T01:00"),
            (BERLIN, "2026-03-29T03:00", "2026-03-29T01:00"),
            (BERLIN, "2026-10-25T02:30", "2026-10-25T00:30"),  # twice: the first
            (BERLIN, "2026-10-25T03:00", "2026-10-25T02:00"),
            (NEW_YORK, "2026-03-08T02:30", "2026-03-08T07:00"),
            (NEW_YORK, "2026-11-01T01:30", "2026-11-01T05:30"),
            (LORD_HOWE, "2026-10-04T02:15", "2026-10-03T15:30"),
            (LORD_HOWE, "2026-04-05T01:45", "2026-04-04T14:45"),
            (APIA, "2011-12-30T12:00", "2011-12-30T10:00"),
            (SEOUL, "2026-03-29T02:30", "2026-03-28T17:30"),
        ],
    )
    def test_instants_of_wall_times(self, zone, shown, expected):
        assert instant(datetime.fromisoformat(shown), zone) == utc(expected)

    def test_a_day_that_is_left_out_has_no_shift(self):
        three = [pattern("06:00-14:00"), pattern("14:00-22:00"), pattern("22:00-06:00")]
        assert [local(s, APIA) for s in of_day(date(2011, 12, 29), *three, zone=APIA)][-1] == "22:00-00:00"
        assert [hours(s) for s in of_day(date(2011, 12, 30), *three, zone=APIA)] == [
            6
        ]  # what reaches the 31st


class TestAlways:
    @pytest.mark.parametrize(
        ("zone", "day", "length"),
        [
            (BERLIN, date(2026, 3, 29), 23),
            (BERLIN, date(2026, 10, 25), 25),
            (BERLIN, date(2026, 6, 10), 24),
            (LORD_HOWE, date(2026, 4, 5), 24.5),
            (LORD_HOWE, date(2026, 10, 4), 23.5),
            (SAO_PAULO, date(2018, 11, 4), 23),
        ],
    )
    def test_a_nameless_shift_for_each_local_day(self, zone, day, length):
        start = datetime.combine(day, time(12), tzinfo=zone)
        [shift] = always(start, start + timedelta(hours=1), zone)
        assert (shift.key, shift.breaks, hours(shift)) == ((day, ""), (), length)

    def test_as_a_pattern_it_takes_holidays(self):
        day = date(2026, 6, 10)
        [shift] = of_day(day, ALWAYS, exceptions=[holiday(day, "00:00-12:00")])
        assert local(shift) == "12:00-00:00"


# Properties, over a few days around a clock change of any zone.

NEAR = {
    BERLIN: [utc("2026-03-29T01:00"), utc("2026-10-25T01:00")],
    NEW_YORK: [utc("2026-03-08T07:00"), utc("2026-11-01T06:00")],
    SEOUL: [utc("2026-03-29T01:00")],
    LORD_HOWE: [utc("2026-04-04T15:00"), utc("2026-10-03T15:30")],
    APIA: [utc("2011-12-30T10:00")],
    ST_JOHNS: [utc("2010-11-07T02:31")],
    SAO_PAULO: [utc("2018-11-04T03:00")],
}
minutes = st.integers(-4 * 1440, 4 * 1440).map(lambda m: timedelta(minutes=m))
clock = st.builds(time, st.integers(0, 23), st.sampled_from([0, 1, 15, 30, 45]))
walls = st.tuples(clock, clock)


@st.composite
def plants(draw) -> dict:
    """Patterns and exceptions as wild as a user can enter them, in a zone about to change its clocks."""
    zone = draw(st.sampled_from(ZONES))
    change = draw(st.sampled_from(NEAR[zone]))
    days = st.integers(-5, 5).map(lambda n: change.date() + timedelta(days=n))
    patterns = st.builds(
        Pattern,
        name=st.sampled_from("ABC"),
        weekdays=st.frozensets(st.integers(0, 6)) | st.just(EVERY_DAY),
        start=clock,
        end=clock,
        breaks=st.lists(walls, max_size=2).map(tuple),
        valid_from=days | st.just(date(2000, 1, 1)),
        valid_to=st.none() | days,
    )
    exceptions = st.one_of(
        st.builds(CalendarException, days, st.just("HOLIDAY")),
        st.builds(
            lambda day, kind, hours: CalendarException(day, kind, *hours),
            days,
            st.sampled_from(["HOLIDAY", "OVERTIME"]),
            walls,
        ),
    )
    plant = {"zone": zone, "patterns": draw(st.lists(patterns, max_size=4))}
    plant["exceptions"] = draw(st.lists(exceptions, max_size=4))
    plant["cuts"] = sorted(draw(st.lists(minutes.map(lambda m: change + m), min_size=2, max_size=6)))
    return plant


def ask(plant: dict, start: datetime, end: datetime) -> list[Shift]:
    return shifts(
        patterns=plant["patterns"], exceptions=plant["exceptions"], zone=plant["zone"], start=start, end=end
    )


@given(plants())
def test_shifts_are_ordered_disjoint_and_touch_the_window(plant):
    start, end = plant["cuts"][0], plant["cuts"][-1]
    found = ask(plant, start, end)
    assert all(a.end <= b.start for a, b in zip(found, found[1:], strict=False))
    for shift in found:
        assert shift.start < shift.end
        assert shift.start < end and shift.end > start
        marks = [shift.start, *(at for b in shift.breaks for at in b), shift.end]
        assert marks == sorted(marks)
        assert all(b[0] < b[1] for b in shift.breaks)
        assert seconds(shift.planned) + seconds(shift.breaks) == (shift.end - shift.start).total_seconds()


@given(plants())
def test_splitting_the_window_anywhere_loses_and_doubles_nothing(plant):
    """OEE contract R7: the parts add up to the whole, and each belongs to the same shift as in the whole."""
    cuts = plant["cuts"]
    start, end = cuts[0], cuts[-1]
    whole = planned_intervals(ask(plant, start, end), start, end)
    parts = [
        p for a, b in zip(cuts, cuts[1:], strict=False) for p in planned_intervals(ask(plant, a, b), a, b)
    ]
    assert joined(parts) == joined(whole)
    assert all(start <= p.start < p.end <= end for p in whole)


def joined(parts) -> list[tuple]:
    """The pieces of one shift that meet put together again."""
    result: list[tuple] = []
    for part in parts:
        if result and result[-1][1:] == (part.start, part.shift):
            result[-1] = (result[-1][0], part.end, part.shift)
        else:
            result.append((part.start, part.end, part.shift))
    return result


@given(plants())
def test_without_a_pattern_the_whole_window_is_planned(plant):
    start, end = plant["cuts"][0], plant["cuts"][-1]
    planned = planned_intervals(always(start, end, plant["zone"]), start, end)
    assert seconds((p.start, p.end) for p in planned) == (end - start).total_seconds()
    assert all(a.end == b.start for a, b in zip(planned, planned[1:], strict=False))


@given(st.sampled_from(ZONES), st.data())
def test_a_later_wall_time_is_never_an_earlier_instant(zone, data):
    change = data.draw(st.sampled_from(NEAR[zone])).astimezone(zone).replace(tzinfo=None)
    earlier, later = sorted([change + data.draw(minutes), change + data.draw(minutes)])
    assert instant(earlier, zone) <= instant(later, zone)


@given(st.sampled_from(ZONES), st.data())
def test_an_instant_is_the_first_moment_its_wall_time_is_reached(zone, data):
    shown = data.draw(st.sampled_from(NEAR[zone])).astimezone(zone).replace(tzinfo=None)
    shown += data.draw(minutes)
    found = instant(shown, zone)
    second = timedelta(seconds=1)
    assert found.astimezone(zone).replace(tzinfo=None) >= shown
    assert (found - second).astimezone(zone).replace(tzinfo=None) < shown


@settings(max_examples=60, deadline=None)
@given(plants())
def test_planned_minutes_against_asking_minute_by_minute(plant):
    """A second way of computing: walk the minutes of two days and look at the clock on the wall.

    Clocks that repeat or skip are the business of the tests above: here the zone is Seoul, without breaks.
    """
    plain = [
        Pattern(p.name, p.weekdays, p.start, p.end, (), p.valid_from, p.valid_to) for p in plant["patterns"]
    ]
    plant = plant | {"zone": SEOUL, "patterns": plain}
    start = plant["cuts"][0]
    end = start + timedelta(days=2)
    planned = planned_intervals(ask(plant, start, end), start, end)
    walked = sum(
        is_planned(plant, (start + timedelta(minutes=m)).astimezone(SEOUL).replace(tzinfo=None))
        for m in range(2 * 1440)
    )
    assert seconds((p.start, p.end) for p in planned) == walked * 60


def is_planned(plant: dict, now: datetime) -> bool:
    """Whether any shift or overtime of today or yesterday has this minute of the wall clock."""
    return any(runs(plant, now, now.date() - timedelta(days=n)) for n in (0, 1))


def runs(plant: dict, now: datetime, day: date) -> bool:
    today = [e for e in plant["exceptions"] if e.day == day]
    free = any(e.kind == "HOLIDAY" and (e.wall is None or shows(now, e.wall, day)) for e in today)
    # A timed holiday is read on the clock of the shift, so in the following night too.
    free = free or any(
        e.kind == "HOLIDAY" and e.wall and shows(now, e.wall, day + timedelta(days=1)) for e in today
    )
    regular = any(p.runs_on(day) and shows(now, (p.start, p.end), day) for p in plant["patterns"])
    extra = any(e.kind == "OVERTIME" and shows(now, e.wall, day) for e in today)
    return extra or (regular and not free)


def shows(now: datetime, hours: tuple[time, time], day: date) -> bool:
    start, end = (datetime.combine(day, at) for at in hours)
    return start <= now < (end if end > start else end + timedelta(days=1))
