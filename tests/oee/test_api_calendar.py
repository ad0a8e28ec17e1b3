"""Shifts, shift days and clocks as the reports tell them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from equipment.models import CalendarException, Line, ShiftPattern
from oee.models import LossPolicy
from tests.oee.api import Factory, machines_of
from tests.oee.plant import make_line, make_product

pytestmark = pytest.mark.django_db
BERLIN, KOLKATA = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Kolkata")
THREE = (("Early", 6, 14), ("Late", 14, 22), ("Night", 22, 6))


def local(zone: ZoneInfo, day: int, hour: int = 0, minute: int = 0, month: int = 3) -> datetime:
    """A wall time in 2024."""
    return datetime(2024, month, day, hour, minute, tzinfo=zone)


def utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def line_with(zone: ZoneInfo, shifts=THREE, weekdays=range(7)) -> Line:
    line = make_line(zone=zone.key)
    for name, start, end in shifts:
        ShiftPattern.objects.create(
            line=line, name=name, weekdays=list(weekdays), start_time=time(start), end_time=time(end),
            valid_from=date(2020, 1, 1),
        )  # fmt: skip
    return line


@pytest.fixture
def clock(monkeypatch):
    """Sets the clock of the product."""
    return lambda moment: monkeypatch.setattr(timezone, "now", lambda: moment.astimezone(UTC))


def window(told) -> tuple[str, str]:
    return told["start"], told["end"]


# the running shift


def test_current_is_the_shift_so_far(clock):
    line, plant = line_with(BERLIN), Factory()
    clock(local(BERLIN, 5, 9, 30))
    told = plant.get(f"lines/{line.pk}/current")
    assert window(told) == (utc(local(BERLIN, 5, 6)), utc(local(BERLIN, 5, 9, 30)))
    assert told["planned_busy_seconds"] == told["unknown_seconds"] == 3.5 * 3600
    assert window(plant.get(f"equipment/{machines_of(line)[0].equipment_code}/current")) == window(told)
    assert window(plant.get(f"sites/{line.area.site_id}/current")) == window(told)


def test_current_after_midnight_is_still_the_night_shift(clock):
    line, plant = line_with(BERLIN), Factory()
    clock(local(BERLIN, 6, 2))
    assert window(plant.get(f"areas/{line.area_id}/current")) == (
        utc(local(BERLIN, 5, 22)),
        utc(local(BERLIN, 6, 2)),
    )


def test_current_between_shifts_is_the_last_one_whole(clock):
    line, plant = line_with(BERLIN, shifts=THREE[:1], weekdays=range(5)), Factory()
    clock(local(BERLIN, 10, 11))  # Sunday
    expected = utc(local(BERLIN, 8, 6)), utc(local(BERLIN, 8, 14))
    assert window(plant.get(f"lines/{line.pk}/current")) == expected
    clock(local(BERLIN, 11, 11))
    CalendarException.objects.create(line=line, date=date(2024, 3, 11), kind="HOLIDAY")
    assert window(plant.get(f"lines/{line.pk}/current")) == expected
    assert window(plant.get("losses", line_id=line.pk)) == expected  # what is asked for without a window


def test_current_at_the_first_moment_of_a_shift(clock):
    line, plant = line_with(BERLIN), Factory()
    clock(local(BERLIN, 5, 14))
    told = plant.get(f"lines/{line.pk}/current")
    assert window(told) == (utc(local(BERLIN, 5, 14)), utc(local(BERLIN, 5, 14)))
    assert (told["oee"], told["flags"]) == (None, ["NO_SCHEDULE"])


def test_current_without_rules_is_the_local_day_and_without_shifts_it_is_not_planned(clock):
    free, closed, plant = (
        make_line(zone="Asia/Kolkata"),
        line_with(KOLKATA, shifts=THREE[:1], weekdays=()),
        Factory(),
    )
    clock(local(KOLKATA, 5, 9))
    for line, busy in ((free, 9 * 3600), (closed, 0)):
        told = plant.get(f"lines/{line.pk}/current")
        assert window(told) == (utc(local(KOLKATA, 5)), utc(local(KOLKATA, 5, 9)))
        assert told["planned_busy_seconds"] == busy


def test_current_goes_over_the_hole_of_a_holiday(clock):
    line, plant = line_with(BERLIN, shifts=THREE[:1]), Factory()
    CalendarException.objects.create(
        line=line, date=date(2024, 3, 5), kind="HOLIDAY", start_time=time(8), end_time=time(10)
    )
    clock(local(BERLIN, 5, 11))
    told = plant.get(f"lines/{line.pk}/current")
    assert (told["start"], told["planned_busy_seconds"]) == (utc(local(BERLIN, 5, 6)), 3 * 3600)


# shift days


@pytest.mark.parametrize(
    ("day", "month", "hours"), [(5, 3, 8), (30, 3, 7), (26, 10, 9)], ids=["common", "spring", "autumn"]
)
def test_the_night_of_a_shift_day_has_the_hours_that_it_has(day, month, hours):
    line, plant = line_with(BERLIN), Factory()
    told = plant.get(f"lines/{line.pk}/daily-summary", date=f"2024-{month:02}-{day:02}")
    start = local(BERLIN, day, 6, month=month)
    assert window(told) == (utc(start), utc(start + timedelta(days=1)))
    assert told["planned_busy_seconds"] == (16 + hours) * 3600
    night = told["shifts"][-1]
    assert (night["key"], night["label"]) == (
        f"2024-{month:02}-{day:02} Night",
        f"Night 2024-{month:02}-{day:02}",
    )
    assert night["planned_busy_seconds"] == hours * 3600
    assert night["start"] == utc(local(BERLIN, day, 22, month=month))
    assert [shift["label"].split()[0] for shift in told["shifts"]] == ["Early", "Late", "Night"]


def test_today_in_the_night_is_the_day_the_shift_began(clock):
    line, plant = line_with(BERLIN), Factory()
    clock(local(BERLIN, 6, 2))
    told = plant.get(f"lines/{line.pk}/daily-summary")
    assert (told["date"], told["planned_busy_seconds"]) == ("2024-03-05", 20 * 3600)
    clock(local(BERLIN, 6, 7))
    assert plant.get(f"lines/{line.pk}/daily-summary")["date"] == "2024-03-06"


def test_a_day_without_shifts_has_nothing_of_the_night_before():
    line, plant = line_with(BERLIN, weekdays=range(6)), Factory()
    told = plant.get(f"lines/{line.pk}/daily-summary", date="2024-03-10")  # Sunday
    assert (told["planned_busy_seconds"], told["oee"], told["shifts"]) == (0, None, [])
    assert window(told) == (utc(local(BERLIN, 10, 6)), utc(local(BERLIN, 11)))


def test_trends_end_now_and_begin_with_a_whole_day(clock):
    line, plant = line_with(BERLIN, weekdays=range(6)), Factory()
    clock(local(BERLIN, 16, 2))  # the night of Friday
    told = plant.get(f"lines/{line.pk}/trends", days="6")  # from Sunday on
    assert window(told) == (utc(local(BERLIN, 10, 6)), utc(local(BERLIN, 16, 2)))
    busy = [(group["key"], group["planned_busy_seconds"] / 3600) for group in told["groups"]]
    assert busy == [(f"2024-03-{day}", 24) for day in range(11, 15)] + [("2024-03-15", 20)]
    assert told["total"]["planned_busy_seconds"] == 116 * 3600
    assert (told["groups"][0]["start"], told["groups"][0]["end"]) == (
        utc(local(BERLIN, 11, 6)),
        utc(local(BERLIN, 12, 6)),
    )


# groups


def test_shifts_at_half_past_by_the_clock_of_utc(clock):
    """In India 06:00 is 00:30 UTC: no clock hour begins there, and still every shift has its own."""
    line, plant = line_with(KOLKATA), Factory()
    [machine] = machines_of(line)
    start, end = local(KOLKATA, 5, 6), local(KOLKATA, 6, 6)
    plant.state(machine, "RUNNING", start)
    plant.state(machine, "FAULT", local(KOLKATA, 5, 13, 50), local(KOLKATA, 5, 14, 20))
    for minute in (0, 479, 480, 481):
        plant.count(machine, start + timedelta(minutes=minute), make_product("60"), good=10)
    told = plant.get(f"lines/{line.pk}", start=start, end=end, group_by="shift")
    assert [(g["label"], g["start"], g["end"]) for g in told["groups"]] == [
        ("Early 2024-03-05", "2024-03-05T00:30:00Z", "2024-03-05T08:30:00Z"),
        ("Late 2024-03-05", "2024-03-05T08:30:00Z", "2024-03-05T16:30:00Z"),
        ("Night 2024-03-05", "2024-03-05T16:30:00Z", "2024-03-06T00:30:00Z"),
    ]
    assert [g["planned_busy_seconds"] for g in told["groups"]] == [8 * 3600] * 3
    assert [g["actual_production_seconds"] for g in told["groups"]] == [28_200, 27_600, 28_800]
    assert [g["good_quantity"] for g in told["groups"]] == [20, 20, 0]
    hours = plant.get(f"lines/{line.pk}", start=start, end=end, group_by="hour")["groups"]
    assert (hours[0]["key"], hours[0]["start"], hours[0]["label"]) == (
        "2024-03-05T00:00:00Z",
        "2024-03-05T00:30:00Z",
        "05:30",
    )
    assert [len(hours), sum(hour["planned_busy_seconds"] for hour in hours)] == [25, 24 * 3600]
    stops = plant.get("losses", line_id=line.pk, start=start, end=end)["pareto"]
    assert [(row["count"], row["seconds"]) for row in stops] == [(1, 1800)]


def test_days_are_shift_days():
    line, plant = line_with(BERLIN), Factory()
    told = plant.get(f"lines/{line.pk}", start=local(BERLIN, 5, 3), end=local(BERLIN, 6, 12), group_by="day")
    assert [(g["key"], g["planned_busy_seconds"] / 3600) for g in told["groups"]] == [
        ("2024-03-04", 3),
        ("2024-03-05", 24),
        ("2024-03-06", 6),
    ]
    assert told["groups"][1]["start"] == utc(local(BERLIN, 5, 6))


def test_an_hour_that_comes_twice_is_two_hours():
    line, plant = make_line(zone="Europe/Berlin"), Factory()
    start = datetime(2024, 10, 26, 22, tzinfo=UTC)  # midnight in Berlin
    told = plant.get(f"lines/{line.pk}", start=start, end=start + timedelta(hours=25), group_by="hour")
    labels = [group["label"] for group in told["groups"]]
    assert labels[:5] == ["00:00", "01:00", "02:00", "02:00", "03:00"]
    assert told["total"]["planned_busy_seconds"] == 25 * 3600
    told = plant.get(f"lines/{line.pk}/daily-summary", date="2024-10-27")
    assert told["planned_busy_seconds"] == 25 * 3600


def test_time_without_a_signal_is_shown_where_the_policy_excludes_it():
    """OEE contract R6."""
    line, plant = line_with(BERLIN), Factory()
    LossPolicy.objects.create(site=line.area.site, valid_from=date(2020, 1, 1), unknown_time="EXCLUDED")
    told = plant.get(
        f"lines/{line.pk}", start=local(BERLIN, 5, 6), end=local(BERLIN, 5, 14), group_by="shift"
    )
    assert (told["total"]["planned_busy_seconds"], told["total"]["unknown_seconds"]) == (0, 8 * 3600)
    assert told["total"]["flags"] == ["NO_SCHEDULE", "UNKNOWN_TIME"]
    assert [group["unknown_seconds"] for group in told["groups"]] == [8 * 3600]


def test_planned_downtime_wins_and_breaks_do_not_count():
    line, plant = line_with(BERLIN, shifts=()), Factory()
    ShiftPattern.objects.create(
        line=line, name="Day", weekdays=list(range(7)), start_time=time(6), end_time=time(14), valid_from=date(2020, 1, 1),
        breaks=[{"start_time": "10:00", "end_time": "10:30"}],
    )  # fmt: skip
    [machine] = machines_of(line)
    plant.state(
        machine, "FAULT", local(BERLIN, 5, 5), local(BERLIN, 5, 10, 15)
    )  # before the shift, into the break
    plant.state(machine, "MAINTENANCE", local(BERLIN, 5, 10, 15), local(BERLIN, 5, 14))
    told = plant.get("losses", line_id=line.pk, start=local(BERLIN, 5), end=local(BERLIN, 6))
    assert told["planned_busy_seconds"] == 4 * 3600
    rows = [(row["state"], row["loss_category"], row["seconds"], row["count"]) for row in told["pareto"]]
    assert rows == [("FAULT", "BREAKDOWN", 4 * 3600, 1), ("MAINTENANCE", "PLANNED", 3.5 * 3600, 1)]
