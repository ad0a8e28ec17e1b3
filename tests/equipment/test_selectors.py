"""Questions about the plant."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest

from core.errors import Invalid
from equipment import selectors
from equipment.choices import LineStatus, State
from tests.support.factories import (
    AreaFactory,
    CalendarExceptionFactory,
    LineFactory,
    MachineFactory,
    ShiftPatternFactory,
    SiteFactory,
    StopReasonFactory,
)
from tests.support.states import say

pytestmark = pytest.mark.django_db
MONDAY, SUNDAY = datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 8, tzinfo=UTC)


def names(line):
    return [shift.name for shift in selectors.calendar_of(line=line).shifts(MONDAY, MONDAY.replace(hour=20))]


class TestCalendars:
    def test_nobody_stated_shifts_always_planned_by_the_sites_days(self):
        calendar = selectors.calendar_of(line=LineFactory())
        assert not calendar.has_rules
        shifts = calendar.shifts(MONDAY, MONDAY.replace(hour=12))
        assert [(s.start, s.end) for s in shifts] == [
            (datetime(2026, 3, 1, 23, tzinfo=UTC), datetime(2026, 3, 2, 23, tzinfo=UTC))
        ]

    def test_a_machine_without_a_line_is_always_planned(self):
        calendar = selectors.calendar_of(line=None)
        assert not calendar.has_rules
        assert calendar.zone.key == "UTC"

    def test_a_site_speaks_for_its_lines_and_a_line_for_itself(self):
        one, two = LineFactory(), LineFactory()
        ShiftPatternFactory(site=one.site, name="Site")
        ShiftPatternFactory(line=one, name="Own")
        ShiftPatternFactory(site=two.site, name="Other site")
        assert (names(one), names(two)) == (["Own"], ["Other site"])

    def test_a_line_whose_own_patterns_are_over_does_not_fall_back(self):
        line = LineFactory()
        ShiftPatternFactory(site=line.site)
        ShiftPatternFactory(line=line, valid_to=date(2026, 2, 1))
        assert selectors.calendar_of(line=line).has_rules
        assert names(line) == []

    def test_exceptions_of_line_and_site_both_hold(self):
        line = LineFactory()
        ShiftPatternFactory(site=line.site)
        CalendarExceptionFactory(site=line.site, date=date(2026, 3, 2))
        CalendarExceptionFactory(
            line=line, date=date(2026, 3, 2), kind="OVERTIME", start_time=time(8), end_time=time(9)
        )
        assert names(line) == ["Overtime"]

    def test_many_calendars_in_three_queries(self, django_assert_num_queries):
        lines = [LineFactory() for _ in range(5)]
        for line in lines:
            ShiftPatternFactory(line=line)
        with django_assert_num_queries(3):
            found = selectors.calendars(lines=lines)
        assert set(found) == {line.pk for line in lines}
        assert all(calendar.has_rules for calendar in found.values())


class TestStates:
    def test_the_open_interval_is_the_present_state(self, django_assert_num_queries):
        running, over, silent = MachineFactory(), MachineFactory(), MachineFactory()
        reason = StopReasonFactory()
        say(running, "FAULT", 6, reason_id=reason.pk)
        say(over, "FAULT", 6, 7)
        with django_assert_num_queries(1):
            found = selectors.current_states(machine_ids=[running.pk, over.pk, silent.pk])
            assert {pk: row.reason.code for pk, row in found.items()} == {running.pk: reason.code}

    @pytest.mark.parametrize(
        ("topology", "states", "status"),
        [
            ("SERIES", [], "UNKNOWN"),
            ("SERIES", [None, None], "UNKNOWN"),
            ("SERIES", ["RUNNING", None], "RUNNING"),
            ("SERIES", ["RUNNING", "RUNNING"], "RUNNING"),
            ("SERIES", ["RUNNING", "STARVED"], "STOPPED"),
            ("SERIES", ["RUNNING", "FAULT"], "FAULT"),
            ("SERIES", ["IDLE", "IDLE"], "IDLE"),
            ("SERIES", ["SETUP", "BLOCKED"], "SETUP"),
            ("SERIES", ["MAINTENANCE", "SETUP"], "MAINTENANCE"),
            ("SERIES", ["CLEANING"], "MAINTENANCE"),
            ("PARALLEL", ["RUNNING", "FAULT"], "RUNNING"),
            ("PARALLEL", ["IDLE", "FAULT"], "FAULT"),
        ],
    )
    def test_a_line_is_what_its_machines_are(self, topology, states, status):
        line = LineFactory(topology=topology)
        for state in states:
            machine = MachineFactory(line=line)
            if state:
                say(machine, state, 6)
        assert selectors.line_statuses(lines=[line]) == {line.pk: status}

    def test_the_constraint_decides_unless_somebody_has_a_fault(self):
        line = LineFactory()
        constraint, other = MachineFactory(line=line), MachineFactory(line=line)
        line.constraint_machine = constraint
        states = {constraint.pk: State.RUNNING, other.pk: State.STARVED}
        assert selectors.line_status(line=line, states=states) == LineStatus.RUNNING
        states[other.pk] = State.FAULT
        assert selectors.line_status(line=line, states=states) == LineStatus.FAULT

    def test_a_machine_out_of_service_says_nothing(self):
        line = LineFactory()
        say(MachineFactory(line=line, is_active=False), "FAULT", 6)
        say(MachineFactory(line=line), "RUNNING", 6)
        assert selectors.line_statuses(lines=[line]) == {line.pk: "RUNNING"}

    def test_every_state_has_a_place(self):
        line = LineFactory()
        machine = MachineFactory(line=line)
        found = {selectors.line_status(line=line, states={machine.pk: state}) for state in State}
        assert found == set(LineStatus)


class TestAreas:
    def test_an_area_is_found_by_id_code_or_name(self):
        area = AreaFactory(code="ASM", name="Assembly")
        AreaFactory()
        for word in (area.pk, str(area.pk), "asm", "ASSEMBLY"):
            assert selectors.find_area(area=word, site=None) == area

    def test_a_code_of_two_sites_needs_the_site(self):
        one, two = AreaFactory(code="ASM"), AreaFactory(code="ASM")
        assert selectors.find_area(area="ASM", site=two.site.code) == two
        with pytest.raises(Invalid, match="Invalid") as refusal:
            selectors.find_area(area="ASM", site=None)
        assert list(refusal.value.errors) == ["area"]
        assert one != two

    def test_the_only_area_needs_no_name(self):
        area = AreaFactory()
        assert selectors.find_area(area=None, site=None) == area

    def test_an_unknown_area_or_site_is_named(self):
        AreaFactory()
        for given, field in [(("x", None), "area"), ((None, "x"), "site"), (("9" * 30, None), "area")]:
            with pytest.raises(Invalid) as refusal:
                selectors.find_area(area=given[0], site=given[1])
            assert list(refusal.value.errors) == [field]


def test_the_tree_of_reasons_by_parent(django_assert_num_queries):
    top = StopReasonFactory(code="A")
    low, late = StopReasonFactory(code="A1", parent=top), StopReasonFactory(code="A2", parent=top)
    with django_assert_num_queries(1):
        assert selectors.reason_children() == {None: [top], top.pk: [low, late]}


def test_sites_far_apart_have_their_own_days():
    line = LineFactory(area=AreaFactory(site=SiteFactory(timezone="Asia/Seoul")))
    (first, *_) = selectors.calendar_of(line=line).shifts(SUNDAY, SUNDAY.replace(hour=1))
    assert first.start == datetime(2026, 3, 7, 15, tzinfo=UTC)
