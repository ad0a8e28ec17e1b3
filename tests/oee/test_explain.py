"""Explain: the listed rows alone, as JSON, give the four sums again; and what is not listed is admitted."""

from __future__ import annotations

from datetime import date, time, timedelta
from fractions import Fraction
from random import Random
from typing import Any

import pytest
from django.utils import timezone

from equipment.models import Line, ShiftPattern, StopReason
from oee.models import LossPolicy
from oee.selectors.explain import MAX_ROWS, explain
from oee.selectors.reports import report
from oee.selectors.scopes import line_scope, read
from tests.oee.api import Factory, machines_of
from tests.oee.plant import at, make_line, make_product

pytestmark = pytest.mark.django_db


def recomputed(told: dict[str, Any]) -> dict[str, Any]:
    """The sums out of the rows of an explanation."""
    intervals, counts = told["intervals"], told["counts"]
    rated = [row for row in counts if row["good"] or row["rejects"]]
    ideal = sum(_ideal(row, row["good"] + row["rejects"]) for row in rated)
    good = sum(_ideal(row, row["good"]) for row in rated)
    return {
        "planned_busy_seconds": sum(_us(row) for row in intervals if row["counts_as"] != "EXCLUDED")
        / 1_000_000,
        "actual_production_seconds": sum(_us(row) for row in intervals if row["counts_as"] == "PRODUCTION")
        / 1_000_000,
        "ideal_seconds": float(ideal),
        "ideal_good_seconds": float(good),
        "produced_quantity": sum(row["good"] + row["rejects"] for row in counts),
        "good_quantity": sum(row["good"] for row in counts),
    }


def _us(row: dict[str, Any]) -> int:
    return round(row["seconds"] * 1_000_000)


def _ideal(row: dict[str, Any], pieces: int) -> Fraction:
    return Fraction(str(row["ideal_cycle_seconds"])) * pieces


def filled(topology: str, seed: int) -> tuple[Line, list]:
    """Three machines, two shifts with breaks, two products, stops with and without reasons, pieces in breaks too."""
    rnd = Random(seed)
    line, plant = make_line(machines=3, topology=topology, zone="Asia/Kolkata"), Factory()
    for name, start, end in (("Early", 6, 14), ("Night", 22, 6)):
        ShiftPattern.objects.create(
            line=line, name=name, weekdays=list(range(7)), start_time=time(start), end_time=time(end),
            breaks=[{"start_time": "02:10", "end_time": "02:40"}, {"start_time": "10:00", "end_time": "10:15"}],
            valid_from=date(2020, 1, 1),
        )  # fmt: skip
    reason = StopReason.objects.create(code="CHANGE", name="Changeover", loss_category="SETUP")
    products = [make_product("7.25"), make_product("30")]
    for machine in machines_of(line):
        minute = 0.0
        while minute < 2000:
            named = {"reason_code": reason.code} if rnd.random() < 0.3 else {}
            name = rnd.choice(("RUNNING", "RUNNING", "FAULT", "STARVED", "CLEANING", "UNKNOWN"))
            plant.state(machine, name, at(minute), **({} if name == "RUNNING" else named))
            minute += rnd.choice((1, 3.5, 6, 40, 200)) + rnd.random() / 60
        for _ in range(60):
            product = products[rnd.random() < 0.3]
            plant.count(
                machine,
                at(rnd.uniform(-100, 2000)),
                product,
                good=rnd.randint(0, 40),
                scrap=rnd.randint(0, 3),
            )
    plant.tell()
    return line, products


@pytest.mark.parametrize(("topology", "seed"), [("SERIES", 1), ("SERIES", 2), ("PARALLEL", 3)])
def test_the_rows_alone_give_the_figure(topology, seed):
    line, products = filled(topology, seed)
    plant, windows = Factory(), ((0, 1500), (37.123, 1411.98765), (200, 205))
    for start, end in windows:
        for scope in ({"line_id": line.pk}, {"equipment_code": machines_of(line)[1].equipment_code}):
            for product in (None, products[0].model_code, products[1].model_code):
                asked = scope | ({"product_code": product} if product else {})
                told = plant.get("explain", start=at(start), end=at(end), **asked)
                for name, value in recomputed(told).items():
                    assert told[name] == value, (name, asked, start, end)
                assert told["truncated"] is False
                assert (told["interval_count"], told["count_count"]) == (
                    len(told["intervals"]),
                    len(told["counts"]),
                )


def test_a_stated_constraint_gives_the_time_and_the_ideal_cycle():
    line, _products = filled("SERIES", 4)
    first = machines_of(line)[0]
    line.constraint_machine = first
    line.save()
    told = Factory().get("explain", line_id=line.pk, start=at(0), end=at(1500))
    assert {row["equipment_code"] for row in told["intervals"]} == {first.equipment_code}
    assert {row["equipment_code"] for row in told["counts"]} == {m.equipment_code for m in machines_of(line)}
    assert {name: told[name] for name in recomputed(told)} == recomputed(told)


def test_running_time_and_its_figure_are_told_of_the_same_moment():
    line, plant = make_line(), Factory()
    now = timezone.now()
    plant.state(machines_of(line)[0], "RUNNING", now - timedelta(hours=3))
    told = plant.get("explain", line_id=line.pk, start=now - timedelta(hours=2), end=now + timedelta(hours=2))
    assert 7200 <= told["planned_busy_seconds"] < 7260
    assert recomputed(told)["planned_busy_seconds"] == told["planned_busy_seconds"]


def test_rows_name_their_reasons_and_what_they_count_as():
    line, plant = make_line(), Factory()
    [machine] = machines_of(line)
    StopReason.objects.create(code="JAM", name="Jam", loss_category="BREAKDOWN")
    plant.state(machine, "RUNNING", at(0))
    plant.state(machine, "HELD", at(30), at(34), reason_code="JAM")
    plant.state(machine, "CLEANING", at(50), at(60))
    told = plant.get("explain", line_id=line.pk, start=at(0), end=at(90))
    rows = [
        (r["state"], r["reason_code"], r["time_class"], r["counts_as"], r["seconds"])
        for r in told["intervals"]
    ]
    assert rows == [
        ("RUNNING", None, "RUNNING", "PRODUCTION", 1800),
        ("HELD", "JAM", "MINOR_STOP", "PRODUCTION", 240),
        ("RUNNING", None, "RUNNING", "PRODUCTION", 960),
        ("CLEANING", None, "PLANNED", "EXCLUDED", 600),
        ("RUNNING", None, "RUNNING", "PRODUCTION", 1800),  # over the full hour: one row
    ]
    assert told["policies"][0]["id"] is None


def test_every_policy_of_the_window_is_named():
    line, plant = make_line(), Factory()
    days = [date(2026, 3, 1), date(2026, 3, 4), date(2026, 3, 6)]
    rows = [LossPolicy.objects.create(site=line.area.site, valid_from=day, idle="BUSY") for day in days]
    LossPolicy.objects.create(site=line.area.site, valid_from=date(2026, 3, 20))
    told = plant.get("explain", line_id=line.pk, start=at(0), end=at(8 * 1440))
    assert [entry["id"] for entry in told["policies"]] == [row.pk for row in rows]
    assert told["policies"][0] | {"idle": "BUSY", "valid_from": "2026-03-01"} == told["policies"][0]


def test_what_is_not_listed_is_admitted(django_assert_max_num_queries):
    line, plant = make_line(), Factory()
    [machine] = machines_of(line)
    product = make_product("1")
    for number in range(MAX_ROWS // 2 + 10):
        plant.state(machine, "RUNNING", at(number))
        plant.state(machine, "FAULT", at(number + 0.5))
    for number in range(MAX_ROWS + 7):
        plant.count(machine, at(number / 3), product, good=1)
    plant.tell()
    with django_assert_max_num_queries(34):
        told = plant.get("explain", line_id=line.pk, start=at(0), end=at(600))
    assert (len(told["intervals"]), len(told["counts"])) == (MAX_ROWS, MAX_ROWS)
    assert (told["interval_count"], told["count_count"], told["truncated"]) == (
        MAX_ROWS + 20,
        MAX_ROWS + 7,
        True,
    )
    assert told["good_quantity"] == MAX_ROWS + 7
    scope = line_scope(Line.objects.get(pk=line.pk))
    whole = explain(scope=scope, start=at(0), end=at(600), limit=None)
    assert whole.truncated is False
    assert sum(row.good for row in whole.counts) == MAX_ROWS + 7
    figure = report(read(scope=scope, start=at(0), end=at(600))).figure
    assert sum(row.seconds for row in whole.intervals) == figure.planned_busy_seconds
