"""Whatever is written, whenever it comes: a figure read through roll-ups is the figure of the facts."""

from __future__ import annotations

from datetime import date, time, timedelta
from random import Random

import pytest
from django.db import transaction
from django.utils import timezone

from core.errors import DomainError
from equipment.actions import correct_state
from equipment.choices import LossCategory
from equipment.models import CalendarException, Line, Machine, ShiftPattern, StopReason
from oee.actions import roll_up, roll_up_recent
from oee.models import HourlyRollup, LossPolicy, RolledHour
from oee.selectors.reports import groups, report
from oee.selectors.rollups import MAX_LOADS, joined
from oee.selectors.scopes import line_scope as scope_of_line
from oee.selectors.scopes import read, set_scope, with_flow
from production.actions import close_run, ingest_events, record_run
from production.models import ProductionRun, StandardRate
from tests.oee.plant import at, make_line, make_product, state
from tests.support.factories import UserFactory

pytestmark = pytest.mark.django_db
START, END = at(0), at(20 * 60)
NOW = END + timedelta(hours=2)


def everything(line: Line) -> list:
    """All that a reader can see of the line and its machines."""
    line = with_flow(Line.objects.filter(pk=line.pk))[0]
    found: list = []
    for scope in (scope_of_line(line), set_scope(line.flow)):
        reading = read(scope=scope, start=START - timedelta(minutes=70), end=END, now=NOW)
        made = report(reading)
        found.append((made.sums, made.losses, made.stops, made.time_us))
        for by in ("hour", "shift", "day", "product"):
            found.append([(part.key, part.report.sums, part.report.stops) for part in groups(reading, by)])
    return found


def without_rollups(line: Line) -> list:
    """The same, computed from the facts alone."""
    with transaction.atomic():
        RolledHour.objects.all().delete()
        found = everything(line)
        transaction.set_rollback(True)
    return found


def roll(line: Line) -> int:
    return sum(
        roll_up(machine=m, start=START - timedelta(hours=2), end=END, now=NOW) for m in line.machines.all()
    )


class Plant:
    """A line of two machines with shifts, and everything that may happen to it."""

    def __init__(self, seed: int) -> None:
        self.rnd = Random(seed)
        self.line = make_line(machines=2, zone=self.rnd.choice(("UTC", "Europe/Berlin", "Asia/Kolkata")))
        self.elsewhere = make_line(zone="America/New_York")
        self.machines = list(self.line.machines.order_by("position"))
        self.products = [make_product(seconds) for seconds in ("30", "12.5", None)]
        self.reasons = [
            StopReason.objects.create(code=f"R{seed}{n}", name="r", loss_category=c, planned=p)
            for n, (c, p) in enumerate(((LossCategory.BREAKDOWN, False), (LossCategory.SETUP, False)))
        ]
        self.actor = UserFactory(role="admin")
        self.number = 0
        self.shift("Early", 6, 14)
        self.shift("Late", 14, 22)

    def shift(self, name: str, start: int, end: int) -> None:
        breaks = [{"start_time": f"{start + 3:02}:00", "end_time": f"{start + 3:02}:30"}]
        ShiftPattern.objects.create(
            site=self.line.area.site, name=name, weekdays=list(range(7)), start_time=time(start),
            end_time=time(end), breaks=breaks, valid_from=date(2020, 1, 1),
        )  # fmt: skip

    def moment(self, low: int = -60, high: int = 20 * 60):
        return at(self.rnd.randint(low, high))

    def ingest(self, **event) -> None:
        self.number += 1
        machine = self.rnd.choice(self.machines)
        event |= {"event_id": f"{id(self)}-{self.number}", "equipment_code": machine.equipment_code}
        result = ingest_events(events=[event], source="plc", actor=self.actor)
        assert not result.errors, result.errors

    # what machines say

    def a_change(self) -> None:
        names = ("RUNNING", "RUNNING", "FAULT", "HELD", "STARVED", "IDLE")
        self.ingest(
            kind="state", state=self.rnd.choice(names), started_at=self.moment().isoformat(), **self.reason()
        )

    def a_span(self) -> None:
        start = self.moment()
        end = start + timedelta(minutes=self.rnd.choice((2, 4, 5, 30, 150)))
        name = self.rnd.choice(("FAULT", "HELD", "RUNNING", "SETUP", "CLEANING"))
        self.ingest(
            kind="state", state=name, started_at=start.isoformat(), ended_at=end.isoformat(), **self.reason()
        )

    def reason(self) -> dict:
        return {"reason_code": self.rnd.choice(self.reasons).code} if self.rnd.random() < 0.5 else {}

    def a_count(self) -> None:
        product = self.rnd.choice([*self.products[:2], None])
        named = {"product_code": product.model_code} if product else {}
        self.ingest(kind="count", at=self.moment().isoformat(), good=self.rnd.randint(0, 9), scrap=1, **named)

    def a_counter(self) -> None:
        self.ingest(
            kind="counter", counter="good", at=self.moment().isoformat(), value=self.rnd.randint(0, 500)
        )

    # what people do

    def a_run(self) -> None:
        start, product = self.moment(), self.rnd.choice(self.products)
        end = self.rnd.choice((None, start + timedelta(minutes=self.rnd.randint(1, 400))))
        try:
            record_run(
                machine=self.rnd.choice(self.machines), product=product, started_at=start, ended_at=end
            )
        except DomainError:  # it overlaps another
            run = ProductionRun.objects.filter(ended_at=None).order_by("?").first()
            if run is not None:
                close_run(run=run, ended_at=run.started_at + timedelta(minutes=self.rnd.randint(1, 300)))

    def a_correction(self) -> None:
        start = self.moment()
        correct_state(
            machine=self.rnd.choice(self.machines), state=self.rnd.choice(("RUNNING", "FAULT", "MAINTENANCE")),
            reason=self.rnd.choice([None, *self.reasons]), started_at=start, why="seen",
            ended_at=self.rnd.choice((None, start + timedelta(minutes=self.rnd.randint(1, 200)))), actor=self.actor,
        )  # fmt: skip

    def another_break(self) -> None:
        pattern = ShiftPattern.objects.order_by("?").first()
        hour = self.rnd.randint(8, 20)
        pattern.breaks = [{"start_time": f"{hour:02}:10", "end_time": f"{hour:02}:50"}]
        pattern.save()

    def a_holiday(self) -> None:
        found = CalendarException.objects.first()
        if found:
            found.delete()
        else:
            CalendarException.objects.create(
                line=self.line, date=START.date(), kind="HOLIDAY", start_time=time(9), end_time=time(12)
            )

    def another_zone(self) -> None:
        site = self.line.area.site
        site.timezone = self.rnd.choice(("UTC", "Europe/Berlin", "Asia/Kolkata"))
        site.save()

    def another_rate(self) -> None:
        rate = StandardRate.objects.order_by("?").first()
        if self.rnd.random() < 0.5:
            StandardRate.objects.get_or_create(
                product=self.products[2], machine=self.rnd.choice([None, *self.machines]),
                valid_from=date(2026, 3, 2), defaults={"ideal_cycle_seconds": self.rnd.randint(5, 50)},
            )  # fmt: skip
        elif rate:
            rate.ideal_cycle_seconds = self.rnd.randint(5, 50)
            rate.save()

    def another_policy(self) -> None:
        site = self.line.area.site
        found = LossPolicy.objects.filter(site=site).first()
        if found and self.rnd.random() < 0.3:
            found.delete()
            return
        policy = found or LossPolicy(
            site=site, valid_from=self.rnd.choice((date(2026, 3, 1), date(2026, 3, 2)))
        )
        policy.minor_stop_seconds = self.rnd.choice((0, 60, 300, 3600))
        policy.idle = self.rnd.choice(("PLANNED", "BUSY"))
        policy.save()

    def a_policy_that_moves(self) -> None:
        found = LossPolicy.objects.first()
        if found:
            sites = [self.line.area.site_id, self.elsewhere.area.site_id]
            found.site_id = next(site for site in sites if site != found.site_id)
            with transaction.atomic():
                if not LossPolicy.objects.filter(site_id=found.site_id, valid_from=found.valid_from).exists():
                    found.save()

    def another_meaning_of_a_reason(self) -> None:
        reason = StopReason.objects.get(pk=self.rnd.choice(self.reasons).pk)
        if self.rnd.random() < 0.5:
            reason.planned = not reason.planned
        else:
            reason.loss_category = self.rnd.choice(LossCategory.values)
        reason.save()

    def a_move(self) -> None:
        machine = Machine.objects.get(pk=self.machines[1].pk)
        machine.line = self.elsewhere if machine.line_id == self.line.pk else self.line
        machine.save()

    def a_line_to_another_site(self) -> None:
        line = Line.objects.get(pk=self.elsewhere.pk)
        line.area = self.line.area
        line.save()

    def a_rest(self) -> None:
        machine = Machine.objects.get(pk=self.machines[0].pk)
        machine.is_active = not machine.is_active
        machine.save()

    def the_constraint(self) -> None:
        line = Line.objects.get(pk=self.line.pk)
        line.constraint_machine = line.machines.order_by("?").first()
        line.save()

    def anything(self) -> str:
        machines = (
            self.a_change,
            self.a_change,
            self.a_span,
            self.a_span,
            self.a_count,
            self.a_count,
            self.a_counter,
        )
        people = (
            self.a_run, self.a_correction, self.another_break, self.a_holiday, self.another_zone, self.another_rate,
            self.another_policy, self.a_policy_that_moves, self.another_meaning_of_a_reason, self.a_move,
            self.a_line_to_another_site, self.a_rest, self.the_constraint,
        )  # fmt: skip
        deed = self.rnd.choice((*machines, *people))
        deed()
        return deed.__name__


@pytest.mark.parametrize("seed", range(6))
def test_random_writes_in_random_order_leave_no_stale_roll_up(seed):
    plant = Plant(seed)
    for _ in range(12):
        plant.rnd.choice((plant.a_change, plant.a_span, plant.a_count))()
    for step in range(10):
        roll(plant.line)
        roll(plant.elsewhere)
        told = [plant.anything() for _ in range(plant.rnd.choice((1, 1, 3)))]
        for line in (plant.line, plant.elsewhere):
            assert everything(line) == without_rollups(line), (step, told)


@pytest.fixture
def rolled():
    """A line with a stop of 4 minutes over the full hour, counts and a policy; all hours rolled."""
    plant = Plant(99)
    machine = plant.machines[0]
    for one in plant.machines:
        state(one, "RUNNING", at(-60))
    state(machine, "HELD", at(58), at(62), reason=plant.reasons[0])
    plant.policy = LossPolicy.objects.create(
        site=plant.line.area.site, valid_from=date(2026, 1, 1), minor_stops="AVAILABILITY"
    )
    for minute in (30, 400):
        plant.rnd.seed(1)  # the same machine
        plant.ingest(
            kind="count", at=at(minute).isoformat(), good=5, product_code=plant.products[0].model_code
        )
    assert roll(plant.line) == 2 * 22
    return plant


def hours_left(plant) -> int:
    return RolledHour.objects.filter(machine__in=plant.machines).count()


def edited(row, **values) -> None:
    row = type(row).objects.get(pk=row.pk)
    for name, value in values.items():
        setattr(row, name, value)
    row.save()


DEEDS = {
    "a stop that goes on": lambda p: state(p.machines[0], "HELD", at(62), at(70), reason=p.reasons[0]),
    "a stop that never ended": lambda p: state(p.machines[0], "HELD", at(62), reason=p.reasons[0]),
    "a stop that began before": lambda p: state(p.machines[0], "HELD", at(50), at(58), reason=p.reasons[0]),
    "a shorter stop": lambda p: state(p.machines[0], "RUNNING", at(60), at(62)),
    "a planned reason": lambda p: edited(p.reasons[0], planned=True),
    "a reason's category": lambda p: edited(p.reasons[0], loss_category=LossCategory.SETUP),
    "a policy's site": lambda p: edited(p.policy, site_id=p.elsewhere.area.site_id),
    "a policy's threshold": lambda p: edited(p.policy, minor_stop_seconds=60),
    "a policy's end": lambda p: p.policy.delete(),
    "another line": lambda p: edited(p.machines[0], line_id=p.elsewhere.pk),
    "another zone": lambda p: edited(p.line.area.site, timezone="Asia/Kolkata"),
    "another area": lambda p: edited(p.line, area_id=p.elsewhere.area_id),
    "another site": lambda p: edited(p.line.area, site_id=p.elsewhere.area.site_id, code="B"),
    "a pattern of the line": lambda p: ShiftPattern.objects.create(
        line=p.line, name="Own", weekdays=[0], start_time=time(5), end_time=time(6), valid_from=date(2020, 1, 1)
    ),
    "an overtime": lambda p: CalendarException.objects.create(
        site=p.line.area.site, date=date(2026, 3, 2), kind="OVERTIME", start_time=time(22), end_time=time(23)
    ),
    "a rate of the machine": lambda p: StandardRate.objects.create(
        product=p.products[0], machine=p.machines[0], ideal_cycle_seconds="1", valid_from=date(2026, 3, 2)
    ),
    "a rate that goes": lambda p: [rate.delete() for rate in StandardRate.objects.all()],
    "a run": lambda p: record_run(machine=p.machines[0], product=p.products[1], started_at=at(10), ended_at=at(20)),
}  # fmt: skip


@pytest.mark.parametrize("name", DEEDS)
def test_each_write_un_rolls_what_it_touches(rolled, name):
    before = everything(rolled.line), everything(rolled.elsewhere)
    DEEDS[name](rolled)
    after = everything(rolled.line), everything(rolled.elsewhere)
    assert after == (without_rollups(rolled.line), without_rollups(rolled.elsewhere))
    assert after != before, "this deed should have changed a figure"


@pytest.mark.parametrize(
    "deed",
    [
        lambda p: edited(p.reasons[0], name="Other words"),
        lambda p: edited(p.machines[0], name="Other words"),
        lambda p: edited(p.machines[0], is_active=False),
        lambda p: edited(p.line, target_speed="100"),
    ],
)
def test_what_changes_no_figure_un_rolls_nothing(rolled, deed):
    deed(rolled)
    assert hours_left(rolled) == 44


def test_late_facts_un_roll_no_more_than_they_touch(rolled):
    state(rolled.machines[0], "FAULT", at(200), at(230))
    assert hours_left(rolled) == 43  # 9:20 to 9:50: one hour of one machine
    state(rolled.machines[0], "FAULT", at(64), at(65))
    assert hours_left(rolled) == 42  # the running week before and after is not forgotten


def test_hours_of_a_stop_that_lasts_still_are_not_rolled():
    line = make_line()
    machine = line.machines.get()
    state(machine, "RUNNING", START)
    state(machine, "FAULT", at(150))
    assert roll(line) == 4  # two before anything was known, then 6:00 and 7:00; not 8:00, in which it stops
    assert everything(line) == without_rollups(line)


def test_an_hour_is_rolled_once_it_has_settled():
    machine = make_line().machines.get()
    early = at(60) + timedelta(minutes=14)
    assert roll_up(machine=machine, start=at(0), end=at(120), now=early) == 0
    assert roll_up(machine=machine, start=at(0), end=at(120), now=early + timedelta(minutes=1)) == 1
    assert roll_up(machine=machine, start=at(0), end=at(120), now=early + timedelta(minutes=1)) == 0


def test_the_periodic_roll_up_takes_every_machine_of_a_line_and_nobody_s_machine_with_facts():
    now = timezone.now().replace(minute=30)
    idle = make_line().machines.get()
    alone = Machine.objects.create(equipment_code="ALONE", name="m")
    forgotten = Machine.objects.create(equipment_code="GONE", name="m")
    state(alone, "RUNNING", now - timedelta(hours=30))
    assert roll_up_recent(days=1, now=now) == 2 * 24
    assert set(RolledHour.objects.values_list("machine_id", flat=True)) == {idle.pk, alone.pk}
    assert not HourlyRollup.objects.filter(machine=forgotten).exists()


def test_queries_grow_with_neither_machines_nor_days_nor_scattered_hours(django_assert_max_num_queries):
    small, large = make_line(), make_line(machines=4)
    product = make_product()
    for line in (small, large):
        for machine in line.machines.all():
            state(machine, "RUNNING", at(0))
            record_run(machine=machine, product=product, started_at=at(0), ended_at=at(60))
        roll(line)
    chance = Random(3)
    for row in RolledHour.objects.filter(machine__line=large):
        if chance.random() < 0.4:
            row.delete()
    for line, end in ((small, at(60)), (large, at(20 * 60)), (large, at(90 * 1440))):
        [line] = with_flow(Line.objects.filter(pk=line.pk))
        with django_assert_max_num_queries(4 + 2 + 5 * MAX_LOADS + 1):  # rules, roll-ups, facts, rates
            report(read(scope=scope_of_line(line), start=at(0), end=end))


def test_windows_are_joined_where_they_are_nearest():
    def hours(*pairs):
        return [(at(60 * a), at(60 * b)) for a, b in pairs]

    given = hours((0, 1), (50, 51), (10, 11), (12, 13), (52, 60), (51, 52))
    assert joined(given, most=3) == hours((0, 1), (10, 13), (50, 60))
    assert joined(given, most=2) == hours((0, 13), (50, 60))
    assert joined(given, most=1) == hours((0, 60))
    assert joined([], most=2) == []


def test_the_zone_of_a_page_moves_no_count():
    line = make_line()
    product = make_product()
    plant_time = everything(line)
    ingest_events(
        events=[{"event_id": "z1", "kind": "count", "equipment_code": line.machines.get().equipment_code,
                 "at": at(30).isoformat(), "good": 3, "product_code": product.model_code}],
        source="plc", actor=UserFactory(role="admin"),
    )  # fmt: skip
    told = everything(line)
    assert told != plant_time
    with timezone.override("Asia/Seoul"):
        assert everything(line) == told
