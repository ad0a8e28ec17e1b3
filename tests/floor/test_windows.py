"""Windows of the line page: named, chosen, stepped through, and refused in words."""

from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

import pytest

from equipment.calendar import Pattern
from equipment.calendar_rows import PlantCalendar
from floor.windows import window_of

BERLIN = ZoneInfo("Europe/Berlin")
EVERY_DAY = frozenset(range(7))
EARLY = Pattern("Early", EVERY_DAY, time(6), time(14), (), date(2020, 1, 1), None)
NIGHT = Pattern("Night", EVERY_DAY, time(22), time(6), (), date(2020, 1, 1), None)
CALENDAR = PlantCalendar(BERLIN, (EARLY, NIGHT), ())
ALWAYS = PlantCalendar(BERLIN, (), ())
NOW = datetime(2026, 3, 4, 9, tzinfo=UTC)  # Wednesday, 10:00 in Berlin


def berlin(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=BERLIN)


def asked(calendar: PlantCalendar = CALENDAR, now: datetime = NOW, **params: str):
    return window_of(params, calendar, now=now)


def test_the_running_shift_is_the_default():
    window = asked()
    assert (window.key, window.start, window.end) == ("shift", berlin(4, 6), berlin(4, 14))
    assert (window.live, window.query, window.error) == (True, "window=shift", "")
    assert window.custom == {"start": "2026-03-04T06:00", "end": "2026-03-04T14:00"}


def test_a_day_is_its_shifts():
    assert (asked(window="today").start, asked(window="today").end) == (berlin(4, 6), berlin(5, 6))
    yesterday = asked(window="yesterday")
    assert (yesterday.start, yesterday.end, yesterday.live) == (berlin(3, 6), berlin(4, 6), False)


def test_at_night_today_is_still_the_day_the_shift_began():
    assert asked(window="today", now=berlin(5, 2)).start == berlin(4, 6)


def test_a_week_is_seven_shift_days():
    window = asked(window="week")
    assert (window.start, window.end) == (berlin(4, 6) - timedelta(days=6), berlin(5, 6))


def test_without_shifts_a_day_is_a_local_day():
    window = asked(calendar=ALWAYS)
    assert (window.start, window.end) == (berlin(4, 0), berlin(5, 0))


def test_chosen_times_are_the_sites_own():
    window = asked(start="2026-03-01T08:00", end="2026-03-01T12:30")
    assert (window.key, window.start, window.end) == ("custom", berlin(1, 8), berlin(1, 12, 30))
    assert asked(start="2026-03-01T08:00+09:00", end="2026-03-01T12:30Z").start == datetime(
        2026, 2, 28, 23, tzinfo=UTC
    )


def test_the_address_of_a_window_is_that_window():
    window = asked(start="2026-03-01T08:00", end="2026-03-01T12:30")
    again = asked(**{name: values[0] for name, values in parse_qs(window.query).items()})
    assert (again.start, again.end, again.query) == (window.start, window.end, window.query)


def test_a_chosen_shift_is_called_by_its_name():
    assert asked(start="2026-03-03T22:00", end="2026-03-04T06:00").label == "Night, 2026-03-03"
    assert asked(start="2026-03-03T06:00", end="2026-03-04T06:00").label == "2026-03-03"


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"start": "yesterday", "end": "today"}, "2026-11-20T06:00"),
        ({"start": "2026-03-01T08:00"}, "both"),
        ({"start": "2026-03-01T08:00", "end": "2026-03-01T08:00"}, "after"),
        ({"start": "2026-01-01T00:00", "end": "2026-04-30T00:00"}, "92"),
        ({"start": "1900-01-01T00:00", "end": "1900-01-02T00:00"}, "1990"),
        ({"start": "0001-01-01T00:00+14:00", "end": "9999-12-31T23:59-14:00"}, "1990"),
        ({"start": "2026-03-01T08:00" + "0" * 500, "end": "\x00"}, "both"),
        ({"start": "2026-W10", "end": "NaN"}, "both"),
        ({"window": "century"}, "no such"),
    ],
)
def test_what_cannot_be_is_said_and_the_shift_shown(params, words):
    window = asked(**params)
    assert words in window.error
    assert (window.key, window.start) == ("shift", berlin(4, 6))
    if "start" in params:
        assert window.custom["start"] == params["start"][:40]  # nothing typed is lost


def step(window, key):
    return next((choice["url"] for choice in window.choices if choice["key"] == key), None)


def test_earlier_and_later_go_by_shifts():
    before = parse_qs(step(asked(), "previous")[1:])
    assert (before["start"], before["end"]) == (["2026-03-03T22:00:00+01:00"], ["2026-03-04T06:00:00+01:00"])
    assert step(asked(), "next") is None  # it has not begun


def test_earlier_and_later_go_by_shift_days():
    chosen = asked(start="2026-03-02T06:00", end="2026-03-03T06:00")
    assert parse_qs(step(chosen, "next")[1:])["start"] == ["2026-03-03T06:00:00+01:00"]


def test_any_other_window_steps_by_its_length():
    chosen = asked(start="2026-03-02T07:00", end="2026-03-02T08:00")
    assert parse_qs(step(chosen, "previous")[1:])["start"] == ["2026-03-02T06:00:00+01:00"]


def test_the_active_choice_is_marked():
    assert [c["key"] for c in asked(window="week").choices if c["active"]] == ["week"]


def test_a_day_of_the_clock_change_has_its_own_length():
    window = asked(calendar=ALWAYS, now=datetime(2026, 3, 29, 12, tzinfo=UTC))
    assert window.end - window.start == timedelta(hours=23)


def test_the_arithmetic_is_that_of_the_moment_shown():
    pinned = parse_qs(asked().pinned)
    window = asked(start=pinned["start"][0], end=pinned["end"][0], now=NOW + timedelta(minutes=5))
    assert (window.start, window.end, window.label) == (berlin(4, 6), NOW, "Early, 2026-03-04, so far")
    assert asked(window="yesterday").pinned == "window=yesterday"


def test_a_record_of_the_past_is_offered():
    record = (berlin(1, 8), berlin(1, 12))
    window = window_of({}, CALENDAR, now=NOW, record=record)
    assert "2026-03-01T08" in step(window, "record")
    assert (window.start, window.end, window.label) == (*record, "Record")
    assert window_of({"window": "shift"}, CALENDAR, now=NOW, record=record).key == "shift"
