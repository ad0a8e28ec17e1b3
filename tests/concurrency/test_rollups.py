"""The scarce thing: an hour's roll-up, made while the facts it is made of still arrive."""

from __future__ import annotations

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from django.db import connection, transaction

from equipment.models import Line, Machine, StopReason
from oee import actions
from oee.actions import roll_up
from oee.models import LossPolicy, RolledHour
from oee.selectors.reports import groups, report
from oee.selectors.scopes import read, set_scope
from production.actions import record_counts
from production.inputs import NewCount
from production.models import StandardRate
from tests.oee.plant import at, make_line, make_product, state

pytestmark = pytest.mark.django_db(transaction=True)
THREADS = 16
END = at(12 * 60)
NOW = END + timedelta(hours=1)


def in_a_thread(work):
    """`work` with a connection of its own that is given back."""

    def run(*args):
        try:
            return work(*args)
        finally:
            connection.close()

    return run


def figures(line: Line) -> list:
    machines = Machine.objects.filter(line=line).select_related("line__area__site")
    reading = read(scope=set_scope(machines), start=at(0), end=END, now=NOW)
    return [report(reading).sums, [(group.key, group.report.sums) for group in groups(reading, "hour")]]


def is_true_to_the_facts(line: Line) -> bool:
    """Whether what is rolled says what the facts say."""
    told = figures(line)
    RolledHour.objects.all().delete()
    return told == figures(line)


def roll(line: Line) -> int:
    return sum(roll_up(machine=m, start=at(0), end=END, now=NOW) for m in line.machines.order_by("pk"))


def test_sixteen_at_once_never_leave_a_stale_roll_up():
    """Ten bring facts of two machines, two change rules, four roll without a pause."""
    line, product = make_line(machines=2), make_product("5")
    reason = StopReason.objects.create(code="R", name="Reason", loss_category="BREAKDOWN")
    site, machines = line.area.site, list(line.machines.order_by("pk"))
    rate = StandardRate.objects.get(product=product)
    start = threading.Barrier(THREADS)

    def bring(seed):
        chance = random.Random(seed)
        start.wait(30)
        for number in range(12):
            begin, machine = at(chance.randrange(700)), chance.choice(machines)
            if chance.random() < 0.5:
                state(
                    machine, chance.choice(["RUNNING", "FAULT"]), begin, begin + timedelta(minutes=9), reason
                )
            else:
                name = f"{seed}-{number}"
                record_counts(counts=[NewCount(machine.pk, "plc", name, begin, product.pk, good=3)])

    def change(seed):
        start.wait(30)
        for number in range(6):
            if seed % 2:
                LossPolicy.objects.update_or_create(
                    site=site, valid_from=date(2026, 1, 1), defaults={"minor_stop_seconds": number * 120}
                )
                present = StopReason.objects.get(pk=reason.pk)
                present.planned = not present.planned
                present.save()
            else:
                StandardRate.objects.update_or_create(
                    pk=rate.pk, defaults={"ideal_cycle_seconds": number + 1}
                )

    def keep_rolling(_seed):
        start.wait(30)
        return sum(roll(line) for _ in range(6))

    work = [bring] * 10 + [change] * 2 + [keep_rolling] * 4
    with ThreadPoolExecutor(THREADS) as pool:
        rolled = list(pool.map(lambda item: in_a_thread(item[1])(item[0]), enumerate(work)))
    assert sum(count for count in rolled if count) > 0
    assert is_true_to_the_facts(line)
    roll(line)
    assert is_true_to_the_facts(line)


def rolled_while_a_fact_was_on_its_way(line: Line, monkeypatch) -> None:
    """A roll-up has read its facts and not yet written, when a stop of that hour is told and committed."""
    [machine] = line.machines.all()
    has_read, go_on = threading.Event(), threading.Event()
    settled = actions._settled_slices

    def slowly(*args):
        found = settled(*args)
        has_read.set()
        go_on.wait(1)  # with the locks the teller waits for us, so this only times out
        return found

    monkeypatch.setattr(actions, "_settled_slices", slowly)

    def tell():
        assert has_read.wait(10)
        state(machine, "FAULT", at(10), at(40))
        go_on.set()

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(in_a_thread(roll), line), pool.submit(in_a_thread(tell))]:
            done.result(30)


def test_who_brings_a_fact_waits_for_the_roll_up_and_undoes_it(monkeypatch):
    line = make_line()
    state(line.machines.get(), "RUNNING", at(-10))
    rolled_while_a_fact_was_on_its_way(line, monkeypatch)
    assert RolledHour.objects.count() == 11
    assert is_true_to_the_facts(line)


def test_control_without_the_locks_the_roll_up_is_stale(monkeypatch):
    """The race is real: the roll-up marks an hour as rolled that no longer holds what happened."""
    monkeypatch.setattr(actions, "_advise", lambda function, keys: None)
    line = make_line()
    state(line.machines.get(), "RUNNING", at(-10))
    rolled_while_a_fact_was_on_its_way(line, monkeypatch)
    assert RolledHour.objects.count() == 12
    assert not is_true_to_the_facts(line)


def test_a_roll_up_waits_for_facts_on_their_way():
    line = make_line()
    [machine] = line.machines.all()
    state(machine, "RUNNING", at(-10))
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            state(machine, "FAULT", at(10), at(40))
            rolling = pool.submit(in_a_thread(roll), line)
            with pytest.raises(TimeoutError):
                rolling.result(0.5)
        assert rolling.result(30) == 12
    assert is_true_to_the_facts(line)


def test_a_roll_up_steps_back_from_a_rule_of_the_whole_plant_on_its_way():
    """It does not wait with the machine in its hand: whoever changes the rule may want that machine next."""
    line, product = make_line(), make_product("5")
    [machine] = line.machines.all()
    record_counts(counts=[NewCount(machine.pk, "plc", "c", at(30), product.pk, good=3)])
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            StandardRate.objects.create(product=product, ideal_cycle_seconds=9, valid_from=date(2026, 3, 1))
            assert pool.submit(in_a_thread(roll), line).result(30) == 0
            state(machine, "FAULT", at(10), at(40))
        assert roll(line) == 12
    assert is_true_to_the_facts(line)
