"""What the database refuses, whoever writes."""

from __future__ import annotations

from datetime import date, time

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from equipment.models import CalendarException, Line, Machine, MachineState, ShiftPattern, Site, StateEvent
from tests.support.factories import (
    AreaFactory,
    CalendarExceptionFactory,
    LineFactory,
    MachineFactory,
    ShiftPatternFactory,
    SiteFactory,
    StopReasonFactory,
    UserFactory,
)
from tests.support.states import at, say

pytestmark = pytest.mark.django_db


def refused_by(constraint):
    return pytest.raises(IntegrityError, match=constraint)


class TestIntervals:
    @pytest.fixture
    def machine(self):
        machine = MachineFactory()
        say(machine, "RUNNING", 6, 8)
        return machine

    def insert(self, machine, start, end, state="FAULT"):
        with transaction.atomic():
            return MachineState.objects.create(
                machine=machine,
                state=state,
                started_at=at(start),
                ended_at=None if end is None else at(end),
                event=StateEvent.objects.first(),
            )

    @pytest.mark.parametrize(("start", "end"), [(5, 7), (6, 8), (6.5, 7), (7, None), (5, None), (7.9, 9)])
    def test_two_cannot_overlap(self, machine, start, end):
        with refused_by("equipment_machinestate_no_overlap"):
            self.insert(machine, start, end)

    @pytest.mark.parametrize(("start", "end"), [(5, 6), (8, 9), (8, None)])
    def test_neighbours_meet(self, machine, start, end):
        self.insert(machine, start, end)

    def test_another_machine_has_its_own_time(self, machine):
        self.insert(MachineFactory(), 6, 8)

    @pytest.mark.parametrize(("start", "end"), [(9, 9)])
    def test_none_is_empty(self, machine, start, end):
        with refused_by("equipment_machinestate_positive"):
            self.insert(machine, start, end)

    def test_none_is_negative(self, machine):
        with pytest.raises(Exception, match="positive|range lower bound"):  # noqa: B017, PT011
            self.insert(machine, 10, 9)

    def test_none_is_in_an_unheard_of_state(self, machine):
        with refused_by("equipment_machinestate_state_known"):
            self.insert(machine, 9, 10, state="DANCING")


class TestEvents:
    def insert(self, **values):
        given = {
            "machine": MachineFactory(),
            "source": "plc",
            "event_id": "1",
            "layer": 0,
            "state": "RUNNING",
            "started_at": at(6),
        }
        with transaction.atomic():
            return StateEvent.objects.create(**{**given, **values})

    def test_one_name_per_source(self):
        self.insert()
        with refused_by("equipment_stateevent_once_per_source"):
            self.insert()

    @pytest.mark.parametrize(
        "values",
        [
            {"layer": 0, "ended_at": at(7)},
            {"layer": 1},
            {"layer": 2},
            {"layer": 1, "ended_at": at(6)},
            {"layer": 2, "ended_at": at(5)},
            {"layer": 3, "ended_at": at(7)},
        ],
    )
    def test_a_change_has_no_end_and_a_span_a_positive_one(self, values):
        with refused_by("equipment_stateevent_span_is_positive"):
            self.insert(**values)

    def test_no_unheard_of_state(self):
        with refused_by("equipment_stateevent_state_known"):
            self.insert(state="DANCING")


class TestPlant:
    def test_machine_codes_are_one_whatever_the_case(self):
        MachineFactory(equipment_code="Press-1")
        with refused_by("equipment_machine_code_unique"):
            MachineFactory(equipment_code="PRESS-1")

    def test_an_area_code_is_one_in_its_site(self):
        area = AreaFactory()
        AreaFactory(code=area.code)
        with refused_by("equipment_area_code_unique_in_site"):
            AreaFactory(code=area.code, site=area.site)

    @pytest.mark.parametrize(
        ("values", "constraint"),
        [
            ({"target_speed": 0}, "equipment_line_target_speed_positive"),
            ({"target_speed": -1}, "equipment_line_target_speed_positive"),
            ({"target_oee": "1.01"}, "equipment_line_target_oee_fraction"),
            ({"target_oee": "-0.01"}, "equipment_line_target_oee_fraction"),
        ],
    )
    def test_targets_are_possible(self, values, constraint):
        with refused_by(constraint):
            LineFactory(**values)

    def test_a_reason_is_not_its_own_parent(self):
        reason = StopReasonFactory()
        reason.parent = reason
        with refused_by("equipment_stopreason_not_its_own_parent"):
            reason.save()

    def test_parents_form_no_circle(self):
        top = StopReasonFactory()
        middle = StopReasonFactory(parent=top)
        top.parent = StopReasonFactory(parent=middle)
        with pytest.raises(ValidationError, match="below itself"):
            top.full_clean()

    @pytest.mark.parametrize("code", ["", " a", "a ", "a  b", "a/b", "a\n", "status", "STATUS", "a?b"])
    def test_a_machine_code_fits_into_a_path(self, code):
        with pytest.raises(ValidationError):
            Machine(equipment_code=code, name="x").full_clean()

    @pytest.mark.parametrize("code", ["M1", "press 1", "프레스-1", "a.b:c_d"])
    def test_machine_codes_of_any_script(self, code):
        Machine(equipment_code=code, name="x").full_clean()

    @pytest.mark.parametrize("zone", ["Europe/Nowhere", "", "../../etc/passwd", "+09:00"])
    def test_a_site_lies_in_a_real_zone(self, zone):
        with pytest.raises(ValidationError):
            Site(code="x", name="x", timezone=zone).full_clean()

    def test_a_constraint_stands_on_its_line(self):
        line, other = LineFactory(), MachineFactory()
        line.constraint_machine = other
        with pytest.raises(ValidationError, match="one of the line's machines"):
            line.full_clean()

    def test_a_constraint_does_not_leave_its_line(self):
        machine = MachineFactory()
        Line.objects.get(pk=machine.line_id)
        machine.line.constraint_machine = machine
        machine.line.save()
        machine.line = LineFactory()
        with pytest.raises(ValidationError, match="name another one first"):
            machine.full_clean()

    def test_who_sees_which_machines(self):
        owner, other = UserFactory(role="guest"), UserFactory(role="admin")
        plant, free = MachineFactory(), MachineFactory(line=None)
        own = MachineFactory(line=None, owner=owner)
        assert set(Machine.objects.visible_to(other)) == {plant, free}
        assert set(Machine.objects.visible_to(owner)) == {plant, free, own}


class TestCalendarRules:
    @pytest.mark.parametrize("factory", [ShiftPatternFactory, CalendarExceptionFactory])
    def test_a_rule_belongs_to_a_line_or_a_site(self, factory):
        for scope in ({}, {"line": LineFactory(), "site": SiteFactory()}):
            with refused_by("line_or_site"), transaction.atomic():
                factory(**scope)

    def test_a_pattern_ends_after_it_begins(self):
        with refused_by("equipment_shiftpattern_validity_ordered"):
            ShiftPatternFactory(line=LineFactory(), valid_to=date(2025, 12, 31))

    def test_a_week_has_seven_days(self):
        with refused_by("equipment_shiftpattern_weekdays_known"):
            ShiftPatternFactory(line=LineFactory(), weekdays=[7])

    @pytest.mark.parametrize(
        ("values", "constraint"),
        [
            ({"start_time": time(6)}, "both_times_or_none"),
            ({"end_time": time(6)}, "both_times_or_none"),
            ({"kind": "OVERTIME"}, "overtime_has_times"),
        ],
    )
    def test_times_come_in_pairs_and_overtime_has_them(self, values, constraint):
        with refused_by(constraint):
            CalendarExceptionFactory(line=LineFactory(), **values)

    @pytest.mark.parametrize(
        "breaks",
        [
            None,
            "10:00",
            {},
            [1],
            [{"start_time": "10:00"}],
            [{"start_time": "10:00", "end_time": "25:00"}],
            [{"start_time": "10:00", "end_time": "10:30+09:00"}],
            [{"start_time": "10:00", "end_time": "10:30", "x": 1}],
            [{"start_time": "10:00", "end_time": "10:30"}] * 25,
        ],
    )
    def test_breaks_are_pairs_of_wall_times(self, breaks):
        pattern = ShiftPatternFactory.build(line=LineFactory(), breaks=breaks)
        with pytest.raises(ValidationError) as refusal:
            pattern.full_clean()
        assert list(refusal.value.message_dict) == ["breaks"]

    def test_the_rules_of_a_whole_row_are_told_by_field(self):
        for row, fields in [
            (
                ShiftPattern(name="x", start_time=time(6), end_time=time(7), valid_from=date(2026, 1, 1)),
                {"line", "site"},
            ),
            (CalendarException(site=SiteFactory(), date=date(2026, 1, 1), kind="OVERTIME"), {"start_time"}),
        ]:
            with pytest.raises(ValidationError) as refusal:
                row.full_clean()
            assert fields <= set(refusal.value.message_dict)
