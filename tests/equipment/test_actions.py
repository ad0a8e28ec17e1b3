"""Timelines through the database: what is believed after what was said, in whatever order."""

from __future__ import annotations

import random
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core.errors import Invalid, NotFound
from equipment import timeline as pure
from equipment.actions import NewStateEvent, correct_state, place_machines, record_state_events, split_state
from equipment.choices import EventLayer
from equipment.models import MachineState, StateEvent
from equipment.signals import states_changed, timeline_changed
from tests.support.factories import LineFactory, MachineFactory, StopReasonFactory, UserFactory
from tests.support.states import at, event, say, timeline

pytestmark = pytest.mark.django_db


@contextmanager
def listening(signal):
    heard = []

    def listener(sender, **payload):
        payload.pop("signal")
        heard.append(payload)

    signal.connect(listener)
    try:
        yield heard
    finally:
        signal.disconnect(listener)


def test_each_state_lasts_until_the_next_and_the_last_one_still():
    machine = MachineFactory()
    say(machine, "RUNNING", 6)
    say(machine, "FAULT", 8)
    say(machine, "RUNNING", 9)
    assert timeline(machine) == [("RUNNING", 6, 8), ("FAULT", 8, 9), ("RUNNING", 9, None)]


def test_a_late_change_splits_what_was_believed():
    machine = MachineFactory()
    say(machine, "RUNNING", 6)
    say(machine, "IDLE", 12)
    say(machine, "FAULT", 10)
    assert timeline(machine) == [("RUNNING", 6, 10), ("FAULT", 10, 12), ("IDLE", 12, None)]


def test_a_late_span_lies_inside_and_what_was_below_goes_on_in_the_same_row():
    machine = MachineFactory()
    say(machine, "RUNNING", 6)
    before = machine.states.get().pk
    say(machine, "STARVED", 7, 7.5)
    assert timeline(machine) == [("RUNNING", 6, 7), ("STARVED", 7, 7.5), ("RUNNING", 7.5, None)]
    assert machine.states.order_by("started_at").first().pk == before


def test_a_span_before_everything_leaves_the_gap_unknown():
    machine = MachineFactory()
    say(machine, "RUNNING", 10)
    say(machine, "SETUP", 6, 7)
    assert timeline(machine) == [("SETUP", 6, 7), ("RUNNING", 10, None)]


def test_a_change_to_unknown_is_a_state_of_its_own():
    machine = MachineFactory()
    say(machine, "RUNNING", 6)
    say(machine, "UNKNOWN", 7)
    say(machine, "RUNNING", 8)
    assert timeline(machine) == [("RUNNING", 6, 7), ("UNKNOWN", 7, 8), ("RUNNING", 8, None)]


def test_a_repeated_state_does_not_split_a_run_but_another_reason_does():
    machine, reason = MachineFactory(), StopReasonFactory()
    say(machine, "FAULT", 6)
    say(machine, "FAULT", 7)
    assert timeline(machine) == [("FAULT", 6, None)]
    say(machine, "FAULT", 8, reason_id=reason.pk)
    assert timeline(machine) == [("FAULT", 6, 8), ("FAULT", 8, None)]


def test_a_late_repeat_joins_two_runs():
    machine = MachineFactory()
    say(machine, "RUNNING", 6)
    say(machine, "FAULT", 8)
    say(machine, "RUNNING", 9)
    say(machine, "RUNNING", 8, 9)
    assert timeline(machine) == [("RUNNING", 6, None)]


def test_what_was_said_twice_counts_once():
    machine = MachineFactory()
    first, second = event(machine, "RUNNING", 6), event(machine, "FAULT", 8)
    assert record_state_events(events=[first]) == {(first.source, first.event_id)}
    assert record_state_events(events=[first, second, second]) == {(second.source, second.event_id)}
    other = event(machine, "SETUP", 9, event_id=first.event_id)
    assert record_state_events(events=[other]) == set()
    assert timeline(machine) == [("RUNNING", 6, 8), ("FAULT", 8, None)]
    assert StateEvent.objects.count() == 2


def test_the_same_name_from_another_source_is_another_event():
    machine = MachineFactory()
    first = say(machine, "RUNNING", 6)
    say(machine, "FAULT", 8, source="hand", event_id=first.event_id)
    assert StateEvent.objects.count() == 2


def test_machines_do_not_disturb_each_other():
    one, two = MachineFactory(), MachineFactory()
    record_state_events(events=[event(one, "RUNNING", 6), event(two, "FAULT", 6), event(one, "IDLE", 7)])
    assert timeline(one) == [("RUNNING", 6, 7), ("IDLE", 7, None)]
    assert timeline(two) == [("FAULT", 6, None)]


def test_an_unknown_machine_stores_nothing():
    machine = MachineFactory()
    good, lost = event(machine, "RUNNING", 6), event(machine, "RUNNING", 6)
    lost = NewStateEvent(10**12, lost.source, lost.event_id, lost.layer, lost.state, None, at(6), None)
    with pytest.raises(NotFound):
        record_state_events(events=[good, lost])
    assert not StateEvent.objects.exists()


def test_a_span_that_is_not_positive_is_refused_whole():
    machine = MachineFactory()
    with pytest.raises(IntegrityError), transaction.atomic():
        record_state_events(events=[event(machine, "RUNNING", 6), event(machine, "FAULT", 8, 8)])
    assert not StateEvent.objects.exists()


def test_nothing_said_asks_the_database_nothing():
    with CaptureQueriesContext(connection) as queries:
        assert record_state_events(events=[]) == set()
    assert all("SAVEPOINT" in query["sql"] for query in queries)


def test_who_listens_hears_the_window_at_once_and_the_machines_after_commit(
    django_capture_on_commit_callbacks,
):
    machine = MachineFactory()
    say(machine, "RUNNING", 6)
    say(machine, "IDLE", 12)
    with listening(timeline_changed) as at_once, listening(states_changed) as after:
        with django_capture_on_commit_callbacks(execute=True):
            say(machine, "FAULT", 8)
            assert at_once == [{"machine_id": machine.pk, "start": at(8), "end": at(12)}]
            assert after == []
        assert after == [{"machine_ids": [machine.pk]}]
        say(machine, "SETUP", 14)
        assert at_once[-1]["end"] is None


def test_news_that_change_nothing_are_kept_and_announced_to_nobody():
    machine = MachineFactory()
    said = say(machine, "RUNNING", 6)
    with listening(timeline_changed) as heard:
        say(machine, "RUNNING", 7)
        record_state_events(events=[said])
    assert heard == []
    assert StateEvent.objects.count() == 2


def test_a_listener_that_fails_undoes_the_write():
    machine = MachineFactory()

    def failing(sender, **payload):
        raise RuntimeError("no")

    timeline_changed.connect(failing)
    try:
        with pytest.raises(RuntimeError):
            say(machine, "RUNNING", 6)
    finally:
        timeline_changed.disconnect(failing)
    assert not StateEvent.objects.exists()


@pytest.mark.parametrize("seed", range(25))
def test_whatever_the_order_the_timeline_is_the_one_built_from_all_events_at_once(seed):
    """The second way of computing: everything from the raw events, in memory, at the end."""
    chance, machine = random.Random(seed), MachineFactory()
    reasons = [None, StopReasonFactory().pk]
    for _ in range(chance.randint(2, 12)):
        record_state_events(
            events=[_random_event(chance, machine, reasons) for _ in range(chance.randint(1, 5))]
        )
    raw = [
        pure.Event(e.pk, e.state, e.reason_id, e.started_at, e.ended_at, pure.Layer(e.layer))
        for e in StateEvent.objects.all()
    ]
    wanted = [(i.start, i.end, i.state, i.reason_id) for i in pure.build(raw, at(-1))]
    rows = machine.states.order_by("started_at").values_list("started_at", "ended_at", "state", "reason_id")
    assert list(rows) == wanted


def _random_event(chance, machine, reasons):
    start = chance.randrange(24)
    layer = chance.choice(list(EventLayer))
    end = None if layer == EventLayer.CHANGE else start + chance.randint(1, 8)
    state = chance.choice(["RUNNING", "RUNNING", "FAULT", "IDLE"])
    return event(machine, state, start, end, layer=layer, reason_id=chance.choice(reasons))


def test_the_queries_do_not_grow_with_the_events():
    few, many = MachineFactory(), MachineFactory()
    for machine in (few, many):
        say(machine, "IDLE", 0)
    with CaptureQueriesContext(connection) as small:
        record_state_events(events=_alternating(few, 4))
    with CaptureQueriesContext(connection) as large:
        record_state_events(events=_alternating(many, 2000))
    assert len(large) == len(small) <= 15
    assert many.states.count() == 2001


def _alternating(machine, count):
    return [event(machine, "FAULT" if n % 2 else "RUNNING", 1 + n / 100) for n in range(count)]


class TestCorrections:
    @pytest.fixture
    def machine(self):
        machine = MachineFactory()
        say(machine, "RUNNING", 6)
        say(machine, "FAULT", 8)
        say(machine, "RUNNING", 10)
        return machine

    def correct(
        self, machine, state="SETUP", start=8, end=9, reason=None, why="Seen by the setter", actor=None
    ):
        return correct_state(
            machine=machine,
            state=state,
            reason=reason,
            started_at=at(start),
            ended_at=None if end is None else at(end),
            why=why,
            actor=actor or UserFactory(role="engineer"),
        )

    def test_a_persons_word_lies_over_the_machines_and_the_raw_events_stay(self, machine):
        raw = list(StateEvent.objects.order_by("pk").values())
        said = self.correct(machine)
        assert timeline(machine) == [
            ("RUNNING", 6, 8),
            ("SETUP", 8, 9),
            ("FAULT", 9, 10),
            ("RUNNING", 10, None),
        ]
        assert list(StateEvent.objects.exclude(pk=said.pk).order_by("pk").values()) == raw
        assert (said.layer, said.note, said.source) == (2, "Seen by the setter", "correction")

    def test_a_late_word_of_the_machine_stays_below(self, machine):
        self.correct(machine)
        say(machine, "IDLE", 8.5)
        assert ("SETUP", 8, 9) in timeline(machine)
        assert ("IDLE", 9, 10) in timeline(machine)

    def test_the_later_correction_counts(self, machine):
        self.correct(machine)
        self.correct(machine, state="CLEANING")
        assert ("CLEANING", 8, 9) in timeline(machine)

    def test_without_an_end_it_lasts_until_the_machines_next_word(self, machine):
        reason = StopReasonFactory()
        self.correct(machine, state="FAULT", start=12, end=None, reason=reason)
        assert timeline(machine)[-1] == ("FAULT", 12, None)
        assert machine.states.open().get().reason == reason
        now = timezone.now() + timedelta(seconds=5)
        record_state_events(
            events=[NewStateEvent(machine.pk, "plc", "next", EventLayer.CHANGE, "RUNNING", None, now, None)]
        )
        assert machine.states.open().get().state == "RUNNING"

    @pytest.mark.parametrize(
        ("start", "end", "field"),
        [(9, 8, "ended_at"), (8, 8, "ended_at"), (8, 10**6, "ended_at"), (10**6, None, "started_at")],
    )
    def test_a_span_that_cannot_be_is_refused(self, machine, start, end, field):
        with pytest.raises(Invalid) as refusal:
            self.correct(machine, start=start, end=end)
        assert list(refusal.value.errors) == [field]
        assert StateEvent.objects.count() == 3

    @pytest.mark.parametrize("why", ["", "   ", "x" * 256])
    def test_it_says_why(self, machine, why):
        with pytest.raises(Invalid) as refusal:
            self.correct(machine, why=why)
        assert list(refusal.value.errors) == ["why"]

    def test_it_is_entered_in_the_ledger(self, machine, ledger):
        actor = UserFactory(role="engineer")
        self.correct(machine, actor=actor)
        (deed,) = [e for e in ledger if e.action == "equipment.machine_state.corrected"]
        assert (deed.instance, deed.actor, deed.reason) == (machine, actor, "Seen by the setter")
        assert [row["state"] for row in deed.old_values["states"]] == ["FAULT"]
        assert [row["state"] for row in deed.new_values["states"]] == ["SETUP"]

    def test_a_split_gives_the_rest_another_reason(self, machine):
        jam = StopReasonFactory()
        split_state(
            interval=machine.states.get(state="FAULT"),
            at=at(9),
            reason=jam,
            why="Two faults",
            actor=UserFactory(),
        )
        assert timeline(machine)[1:3] == [("FAULT", 8, 9), ("FAULT", 9, 10)]
        assert [row.reason for row in machine.states.filter(state="FAULT").order_by("started_at")] == [
            None,
            jam,
        ]

    def test_an_open_interval_splits_and_stays_open(self, machine):
        say(machine, "FAULT", 12)
        jam = StopReasonFactory()
        split_state(
            interval=machine.states.open().get(), at=at(13), reason=jam, why="Jam", actor=UserFactory()
        )
        assert timeline(machine)[-2:] == [("FAULT", 12, 13), ("FAULT", 13, None)]

    @pytest.mark.parametrize("hour", [7, 8, 10, 11])
    def test_a_split_lies_inside(self, machine, hour):
        with pytest.raises(Invalid) as refusal:
            split_state(
                interval=machine.states.get(state="FAULT"),
                at=at(hour),
                reason=StopReasonFactory(),
                why="No",
                actor=UserFactory(),
            )
        assert list(refusal.value.errors) == ["at"]

    def test_a_split_into_the_same_reason_is_none(self, machine):
        with pytest.raises(Invalid) as refusal:
            split_state(
                interval=machine.states.get(state="FAULT"),
                at=at(9),
                reason=None,
                why="No",
                actor=UserFactory(),
            )
        assert list(refusal.value.errors) == ["reason_code"]

    def test_an_interval_that_is_no_more_is_not_split(self, machine):
        gone = machine.states.get(state="FAULT")
        MachineState.objects.filter(pk=gone.pk).delete()
        with pytest.raises(NotFound):
            split_state(interval=gone, at=at(9), reason=StopReasonFactory(), why="No", actor=UserFactory())


class TestPlaces:
    def test_machines_stand_in_the_given_order_and_the_others_leave(self):
        line = LineFactory()
        old, kept, fresh = MachineFactory(line=line), MachineFactory(line=line), MachineFactory(line=None)
        place_machines(line=line, machines=[fresh, kept])
        assert list(line.machines.order_by("position")) == [fresh, kept]
        old.refresh_from_db()
        assert old.line is None

    def test_a_machine_of_another_line_does_not_come(self):
        other = MachineFactory()
        with pytest.raises(Invalid) as refusal:
            place_machines(line=LineFactory(), machines=[other])
        assert list(refusal.value.errors) == ["equipment_codes"]

    def test_somebodys_own_machine_does_not_come(self):
        own = MachineFactory(line=None, owner=UserFactory(role="guest"))
        with pytest.raises(Invalid):
            place_machines(line=LineFactory(), machines=[own])
