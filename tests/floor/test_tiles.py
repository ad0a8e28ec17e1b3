"""The tiles of the floor, against figures worked out by hand."""

from datetime import time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from equipment.models import StopReason
from floor.selectors.alerts import alerts
from floor.selectors.tiles import line_tile, line_tiles, summary
from production.models import ProductionRun
from tests.floor.plant import NOW, T0, at, early_shift, make_line, make_product, pieces, running_line, state

pytestmark = pytest.mark.django_db


def test_a_running_line_shows_its_shift_so_far():
    tile = line_tile(running_line(), now=NOW)
    assert (tile.status, tile.since, tile.reason) == ("RUNNING", at(2.5), "")
    assert (tile.shift_name, tile.shift.start) == ("Early", T0)
    assert tile.availability == pytest.approx(3.5 / 4)
    assert tile.performance == pytest.approx(10_500 / 12_600)
    assert tile.quality == pytest.approx(10_000 / 10_500)
    assert tile.oee == pytest.approx(10_000 / 14_400)
    assert (tile.good, tile.plan) == (1000, 1440)  # 14,400 s of planned time, 10 s per piece
    assert tile.plan_ratio == pytest.approx(1000 / 1440)
    assert tile.stop is None and tile.flags == []


def test_the_target_speed_makes_the_plan_and_breaks_do_not_count():
    line = make_line(target_speed="100")
    early_shift(line, breaks=[("08:00", "08:30")])
    [machine] = line.machines.all()
    state(machine, "RUNNING", at(0))
    assert line_tile(line, now=NOW).plan == 350  # 3.5 h at 100 an hour


def test_without_speed_and_rate_there_is_no_plan():
    line = make_line()
    early_shift(line)
    [machine] = line.machines.all()
    state(machine, "RUNNING", at(0))
    pieces(machine, make_product(None), at(1), good=5)
    tile = line_tile(line, now=NOW)
    assert (tile.plan, tile.plan_ratio, tile.oee) == (None, None, None)
    assert "NO_STANDARD_RATE" in tile.flags


def test_a_changeover_plans_each_product_at_its_own_pace():
    line = make_line()
    early_shift(line)
    [machine] = line.machines.all()
    state(machine, "RUNNING", at(0))
    pieces(machine, make_product("10"), at(2), good=1)
    quick = make_product("5")
    pieces(machine, quick, at(4) - timedelta(seconds=1), good=1)
    tile = line_tile(line, now=NOW)
    assert tile.plan == 720 + 1440
    assert tile.product == quick.model_code


def test_an_open_run_says_what_is_made():
    line = running_line()
    other = make_product("10", code="IN-RUN")
    ProductionRun.objects.create(machine=line.machines.get(), product=other, started_at=at(3.5))
    assert line_tile(line, now=NOW).product == "IN-RUN"


def test_a_stop_tells_its_reason_and_its_class():
    line = running_line()
    reason = StopReason.objects.create(code="7", name="Motor", loss_category="BREAKDOWN")
    state(line.machines.get(), "FAULT", at(3.9), reason=reason)
    tile = line_tile(line, now=NOW)
    assert (tile.status, tile.reason, tile.since) == ("FAULT", "Motor", at(3.9))
    assert (tile.stop.seconds, tile.stop.category, tile.stop.reason_code) == (360, "UNPLANNED", "7")
    assert tile.stop.time_class == "BREAKDOWN"
    [alert] = alerts([tile])
    assert (alert.kind, alert.priority, alert.message) == ("LINE_FAULT", "HIGH", "Fault: Motor")


def test_a_stop_without_a_reason_says_its_state():
    line = running_line()
    state(line.machines.get(), "STARVED", at(3.9))
    assert (line_tile(line, now=NOW).status, line_tile(line, now=NOW).reason) == ("STOPPED", "Starved")


def test_in_a_break_nobody_waits_for_the_line():
    line = make_line()
    early_shift(line, breaks=[("09:50", "10:20")])
    state(line.machines.get(), "STARVED", at(3))
    tile = line_tile(line, now=NOW)
    assert (tile.status, tile.status_label, tile.since) == (
        "OFF_SHIFT",
        "Break",
        at(3) + timedelta(minutes=50),
    )
    assert tile.stop is None


def test_between_shifts_the_last_one_is_shown():
    line = running_line()
    state(line.machines.get(), "FAULT", at(7))
    tile = line_tile(line, now=at(12))
    assert (tile.status, tile.since, tile.shift.start) == ("OFF_SHIFT", at(8), T0)
    assert tile.availability == pytest.approx(6.5 / 8)


def test_who_runs_out_of_shift_runs():
    assert line_tile(running_line(), now=at(12)).status == "RUNNING"


def test_a_line_that_never_worked_is_unknown_and_undefined_without_shifts():
    line = make_line()
    early_shift(line, start=time(6), end=time(14)).delete()
    tile = line_tile(line, now=NOW)
    assert (tile.status, tile.oee, tile.plan) == ("UNKNOWN", 0.0, None)
    assert "UNKNOWN_TIME" in tile.flags  # no pattern: always planned, and nobody says what it did


def test_a_line_without_machines_is_undefined():
    tile = line_tile(make_line(machines=0), now=NOW)
    assert (tile.status, tile.oee, tile.plan, tile.good) == ("UNKNOWN", None, None, 0)


def test_a_series_line_is_its_constraint():
    line = make_line(machines=3)
    early_shift(line)
    first, middle, last = line.machines.order_by("position")
    line.constraint_machine = middle
    line.save()
    product = make_product("10")
    state(first, "BLOCKED", at(3))
    state(middle, "RUNNING", at(0))
    state(last, "STARVED", at(1))
    pieces(last, product, at(1), good=100)
    tile = line_tile(line, now=NOW)
    assert (tile.status, tile.since, tile.good) == ("RUNNING", at(0), 100)
    assert tile.oee == pytest.approx(1000 / 14_400)
    state(first, "FAULT", at(3.5))
    assert line_tile(line, now=NOW).status == "FAULT"


def test_trouble_comes_first_and_the_longest_trouble_before_the_others():
    made = {name: running_line() for name in ("well", "short", "long", "starved", "off")}
    state(made["long"].machines.get(), "FAULT", at(3))
    state(made["short"].machines.get(), "FAULT", at(3.9))
    state(made["starved"].machines.get(), "STARVED", at(3.2))
    made["off"].shiftpattern_set.get().delete()
    early_shift(made["off"], start=time(0), end=time(1))
    state(made["off"].machines.get(), "IDLE", at(3))
    tiles = line_tiles(now=NOW)
    assert [tile.line for tile in tiles] == [
        made[name] for name in ("long", "short", "starved", "well", "off")
    ]


def test_the_summary_adds_sums_before_it_divides():
    one, two = running_line(), make_line()
    early_shift(two, start=time(8), end=time(16))
    state(two.machines.get(), "STARVED", at(2))
    found = summary(line_tiles(now=NOW))
    assert found.oee == pytest.approx(10_000 / (14_400 + 7_200))  # not the mean of 69.4 % and 0 %
    assert (found.total_lines, found.running_lines, found.stopped_lines, found.fault_lines) == (2, 1, 1, 0)
    assert found.total_downtime_minutes == 30 + 120
    assert one.pk != two.pk


def test_disabled_lines_are_not_on_the_floor():
    running_line(enabled=False)
    assert line_tiles(now=NOW) == []
    assert summary([]).oee is None


def test_the_number_of_queries_does_not_grow_with_the_lines():
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            line_tiles(now=NOW)
        return len(captured)

    running_line()
    one = queries()
    for _ in range(4):
        running_line()
    assert queries() == one <= 30


def test_a_shift_over_midnight_is_one_shift():
    line = make_line()
    early_shift(line, start=time(22), end=time(6), name="Night")
    state(line.machines.get(), "RUNNING", T0 - timedelta(hours=8))
    tile = line_tile(line, now=T0 - timedelta(hours=4))  # 02:00
    assert (tile.shift.name, tile.shift.start) == ("Night", T0 - timedelta(hours=8))
    assert tile.availability == 1.0
