"""The published examples (domain.md §11) told through the ingest door and read back over HTTP."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest

from equipment.models import ShiftPattern
from tests.oee.api import Factory, machines_of
from tests.oee.plant import at, make_line, make_product

pytestmark = pytest.mark.django_db
POINT = 1e-4  # 0.01 percentage points


def shift(line, start: time, end: time, *breaks: tuple[str, str]) -> None:
    ShiftPattern.objects.create(
        line=line, name="Day", weekdays=list(range(7)), start_time=start, end_time=end, valid_from=date(2020, 1, 1),
        breaks=[{"start_time": a, "end_time": b} for a, b in breaks],
    )  # fmt: skip


def close(value):
    return pytest.approx(value, abs=POINT)


def test_w1_vorne_classic():
    """Shift 480 min, breaks 2×15 + 30, down 47, 60 per minute, 19,271 pieces, 423 rejects."""
    line, product, plant = make_line(), make_product("1"), Factory()
    shift(line, time(6), time(14), ("08:00", "08:15"), ("10:00", "10:30"), ("12:00", "12:15"))
    [machine] = machines_of(line)
    plant.state(machine, "RUNNING", at(0))
    plant.state(machine, "FAULT", at(30), at(77))
    plant.count(machine, at(479), product, good=19_271 - 423, scrap=423)
    told = plant.get(f"lines/{line.pk}", start=at(0), end=at(480))
    assert (told["planned_busy_seconds"], told["actual_production_seconds"]) == (420 * 60, 373 * 60)
    assert (told["produced_quantity"], told["good_quantity"]) == (19_271, 18_848)
    assert told["availability"] == close(0.8881)
    assert told["performance"] == close(0.8611)
    assert told["quality"] == close(0.9780)
    assert told["oee"] == close(0.7479)


def test_w4_waycalculator():
    """Planned 480, run 420, cycle 1 min, 400 made, 380 good: 87.5 / 95.2 / 95.0 / 79.17 %."""
    line, product, plant = make_line(), make_product("60"), Factory()
    [machine] = machines_of(line)
    plant.state(machine, "RUNNING", at(0))
    plant.state(machine, "FAULT", at(100), at(160))
    plant.count(machine, at(479), product, good=380, scrap=20)
    told = plant.get(f"equipment/{machine.equipment_code}", start=at(0), end=at(480))
    assert told["availability"] == 0.875
    assert told["performance"] == close(0.9524)
    assert told["quality"] == 0.95
    assert told["oee"] == close(0.7917)


def test_w5_machines_are_added_by_their_seconds():
    """Shift 480, breaks 2×10, clean-up 5: 80.22, 70.05, 55.90 %; together 68.72 %, never 69.54 %."""
    line, plant = make_line(machines=3), Factory()
    shift(line, time(6), time(14), ("08:00", "08:10"), ("12:00", "12:10"))
    rows = [
        (10, 2240, 50, 32, 423, 365, 0.8022),
        (45, 450, 25, 18, 437, 318.75, 0.7005),
        (70, 229, 11, 22, 433, 254 + 1 / 3, 0.5590),
    ]
    for machine, (cycle, made, scrap, down, *_) in zip(machines_of(line), rows, strict=True):
        plant.state(machine, "RUNNING", at(0))
        plant.state(machine, "FAULT", at(200), at(200 + down))
        plant.state(machine, "CLEANING", at(475), at(480))
        plant.count(machine, at(470), make_product(cycle), good=made - scrap, scrap=scrap)
    for machine, (*_, run, good_minutes, oee) in zip(machines_of(line), rows, strict=True):
        told = plant.get(f"equipment/{machine.equipment_code}", start=at(0), end=at(480))
        assert (told["planned_busy_seconds"], told["actual_production_seconds"]) == (455 * 60, run * 60)
        assert told["ideal_good_seconds"] == pytest.approx(good_minutes * 60)
        assert told["oee"] == close(oee)
    codes = [machine.equipment_code.lower() for machine in machines_of(line)]
    told = plant.post("calculate", {"equipment_codes": codes, "start": at(0), "end": at(480)})
    assert told["planned_busy_seconds"] == 1365 * 60
    assert told["availability"] == close(0.9473)
    assert told["performance"] == close(0.7564)
    assert told["quality"] == close(0.9592)
    assert told["oee"] == close(0.6872)


def test_w6_mixed_products_in_a_shift():
    """Large 2 and small 8 a minute: 75 % on both days, though day 1 makes nearly twice the pieces."""
    line, plant = make_line(), Factory()
    [machine] = machines_of(line)
    large, small = make_product("30"), make_product("7.5")
    plant.state(machine, "RUNNING", at(0))
    for day, (minutes, larges, smalls) in enumerate(((120, 180, 2160), (360, 540, 720))):
        plant.count(machine, at(day * 1440 + minutes), large, good=larges)
        plant.count(machine, at(day * 1440 + 480), small, good=smalls)
    for day, output in enumerate((2340, 1260)):
        start, end = at(day * 1440 + 0.5), at(day * 1440 + 480.5)
        told = plant.get(f"lines/{line.pk}", start=start, end=end, group_by="product")
        assert told["total"]["produced_quantity"] == output
        assert told["total"]["performance"] == close(0.75)
        assert {group["key"] for group in told["groups"]} == {large.model_code, small.model_code}
        assert [group["performance"] for group in told["groups"]] == pytest.approx([0.75, 0.75], abs=0.01)


def test_w7_unequal_machines():
    """PBT 100 and 300 min, OEE 80 and 45 %: together 53.75 %, not 62.5 %."""
    line, product, plant = make_line(machines=2, topology="PARALLEL"), make_product("60"), Factory()
    one, two = machines_of(line)
    plant.state(one, "RUNNING", at(0))
    plant.state(one, "FAULT", at(90))
    plant.state(one, "IDLE", at(100))
    plant.count(one, at(80), product, good=80)
    plant.state(two, "RUNNING", at(0))
    plant.state(two, "FAULT", at(150))
    plant.count(two, at(150), product, good=135, scrap=15)
    window = {"start": at(0), "end": at(300)}
    assert plant.get(f"equipment/{one.equipment_code}", **window)["oee"] == 0.8
    assert plant.get(f"equipment/{two.equipment_code}", **window)["oee"] == 0.45
    for path in (f"lines/{line.pk}", f"areas/{line.area_id}", f"sites/{line.area.site_id}"):
        assert plant.get(path, **window)["oee"] == 0.5375


def test_w12_teep():
    """30 a minute, 18,000 good, 16 h of 24 planned: ideal 10 h, OEE 62.5 %, TEEP 41.67 %."""
    line, product, plant = make_line(), make_product("2"), Factory()
    shift(line, time(6), time(22))
    [machine] = machines_of(line)
    plant.state(machine, "RUNNING", at(0))
    plant.count(machine, at(900), product, good=18_000)
    told = plant.get(f"lines/{line.pk}", start=at(0), end=at(1440))
    assert (told["ideal_seconds"], told["planned_busy_seconds"]) == (36_000, 57_600)
    assert told["calendar_seconds"] == 86_400
    assert told["oee"] == 0.625
    assert told["teep"] == close(0.4167)


def test_w25_six_losses():
    """Planned 480, down 80 of which 30 setup, cycle 0.5 min, 700 made, 100 rejects. Start-up rejects are not told
    apart from the others: nobody says when a start-up ends."""
    line, product, plant = make_line(), make_product("30"), Factory()
    [machine] = machines_of(line)
    plant.state(machine, "RUNNING", at(0))
    plant.state(machine, "FAULT", at(60), at(110))
    plant.state(machine, "SETUP", at(200), at(230))
    plant.count(machine, at(470), product, good=600, scrap=100)
    told = plant.get("losses", line_id=line.pk, start=at(0), end=at(480))
    minutes = {name: seconds / 60 for name, seconds in told["losses"].items()}
    assert (minutes["breakdown"], minutes["setup"]) == (50, 30)
    assert minutes["reduced_speed"] + minutes["minor_stops"] == 50
    assert minutes["process_defects"] + minutes["startup_rejects"] == 30 + 20
    assert sum(minutes.values()) == 480 - 300
    assert [(row["state"], row["seconds"], row["count"]) for row in told["pareto"]] == [
        ("FAULT", 3000, 1),
        ("SETUP", 1800, 1),
    ]
    assert plant.get(f"lines/{line.pk}", start=at(0), end=at(480))["oee"] == 0.625


def test_r5_undefined_is_null_and_never_0_or_100():
    line, plant = make_line(), Factory()
    shift(line, time(8), time(12))
    [machine] = machines_of(line)
    product, unrated = make_product("10"), make_product(None)
    plant.state(machine, "RUNNING", at(0))
    plant.count(machine, at(60), product, good=3)  # before the shift
    plant.count(machine, at(230), unrated, good=4, scrap=1)
    ratios = ("availability", "performance", "quality", "oee")

    def ask(start: int, end: int) -> tuple[list, list]:
        told = plant.get(f"lines/{line.pk}", start=at(start), end=at(end))
        return [told[name] for name in ratios], told["flags"]

    assert ask(0, 100) == ([None] * 4, ["NO_SCHEDULE"])
    assert ask(120, 180) == ([1, 0, None, 0], [])
    values, flags = ask(180, 240)
    assert (values, flags) == ([1, None, 0.8, None], ["NO_STANDARD_RATE"])
    kpis = plant.get("kpis", line_id=line.pk, start=at(120), end=at(180))["kpis"]
    assert (kpis["failures"], kpis["mtbf"], kpis["mttr"], kpis["first_pass_yield"]) == (0, None, None, None)


def test_w10_over_100_is_shown_and_flagged():
    line, product, plant = make_line(), make_product("60"), Factory()
    [machine] = machines_of(line)
    plant.state(machine, "RUNNING", at(0))
    plant.state(machine, "FAULT", at(70))
    plant.count(machine, at(69), product, good=84, scrap=21)
    told = plant.get(f"lines/{line.pk}", start=at(0), end=at(100))
    assert [told[name] for name in ("availability", "performance", "quality", "oee")] == [0.7, 1.5, 0.8, 0.84]
    assert told["flags"] == ["PERFORMANCE_OVER_100"]
    assert told["losses"]["reduced_speed"] < 0


def test_r8_policies_move_losses_between_a_and_p_and_leave_the_oee():
    line, product, plant = make_line(), make_product("60"), Factory("engineer")
    [machine] = machines_of(line)
    plant.state(machine, "RUNNING", at(0))
    for name, start, end in (("HELD", 10, 14), ("STARVED", 30, 50), ("SETUP", 60, 75), ("FAULT", 90, 100)):
        plant.state(machine, name, at(start), at(end))
    plant.count(machine, at(110), product, good=50, scrap=4)
    variants = {
        "2020-01-01": {},
        "2020-01-02": {"minor_stops": "AVAILABILITY"},
        "2020-01-03": {"setup": "PERFORMANCE"},
        "2020-01-04": {"starved_blocked": "PERFORMANCE"},
        "2020-01-05": {
            "minor_stops": "AVAILABILITY",
            "setup": "PERFORMANCE",
            "starved_blocked": "PERFORMANCE",
        },
    }
    lost = {"2020-01-01": 45, "2020-01-02": 49, "2020-01-03": 30, "2020-01-04": 25, "2020-01-05": 14}
    totals, factors, bridges = set(), [], []
    for day, variant in variants.items():
        plant.post("policies", {"site_id": line.area.site_id, "valid_from": day, **variant}, 201)
        told = plant.get(f"lines/{line.pk}", start=at(0), end=at(120))
        assert told["availability"] == (120 - lost[day]) / 120
        totals.add((told["planned_busy_seconds"], told["oee"]))
        factors.append((told["availability"], told["performance"]))
        bridges.append(told["losses"])
    assert totals == {(7200, 50 / 120)}
    assert len(set(factors)) == len(variants)
    assert all(bridge == bridges[0] for bridge in bridges)


def test_r9_a_line_in_series():
    """Good at the exit × PRI of the constraint / PBT; Q is good exit over all that entered."""
    line, product, plant = make_line(machines=3), make_product("30"), Factory()
    first, constraint, last = machines_of(line)
    line.constraint_machine = constraint
    line.save()
    for machine in (first, constraint, last):
        plant.state(machine, "RUNNING", at(0))
    plant.state(constraint, "FAULT", at(10), at(20))
    plant.count(first, at(50), product, good=95, scrap=5)
    plant.count(constraint, at(51), product, good=90, rework=5)
    plant.count(last, at(52), product, good=89, scrap=1)
    told = plant.get(f"lines/{line.pk}", start=at(0), end=at(60))
    assert told["oee"] == pytest.approx(89 * 30 / 3600)
    assert told["quality"] == pytest.approx(89 / 100)
    assert told["availability"] == pytest.approx(50 / 60)
    assert told["performance"] == pytest.approx(100 * 30 / 3000)
    assert (told["scrap_quantity"], told["rework_quantity"]) == (6, 5)


def test_plain_numbers_w4():
    plain = {
        "planned_production_time": 480,
        "run_time": 420,
        "ideal_cycle_time": 1,
        "total_units": 400,
        "good_units": 380,
    }
    told = Factory().post("calculate", plain)
    assert (told["availability"], told["quality"]) == (0.875, 0.95)
    assert told["performance"] == close(0.9524)
    assert told["oee"] == close(0.7917)
    assert (told["start"], told["end"], told["teep"]) == (None, None, None)


def test_the_same_through_roll_ups():
    """W4 again once its hours are rolled: by the worker's job, after POST recalculate."""
    from oee.models import RolledHour
    from oee.tasks import roll_up_machine

    line, product, plant = make_line(), make_product("60"), Factory("engineer")
    [machine] = machines_of(line)
    plant.state(machine, "RUNNING", at(0))
    plant.state(machine, "FAULT", at(100), at(160))
    plant.count(machine, at(479), product, good=380, scrap=20)
    window = {"start": at(0), "end": at(480)}
    before = plant.get(f"lines/{line.pk}", **window)
    told = plant.post("recalculate", {"line_id": line.pk, **window}, 202)
    assert told == {"status": "QUEUED", "machines": [machine.equipment_code]}
    roll_up_machine(machine_id=machine.pk, start=at(0).isoformat(), end=at(480).isoformat())
    assert RolledHour.objects.count() == 8
    assert plant.get(f"lines/{line.pk}", **window) == before
    assert before["oee"] == close(0.7917)
    plant.state(machine, "FAULT", at(200), at(200) + timedelta(minutes=48))  # late
    assert plant.get(f"lines/{line.pk}", **window)["availability"] == pytest.approx((420 - 48) / 480)
