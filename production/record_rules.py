"""What a unit or a lot takes next, and what becomes of it: one set of rules for single records and for batches. Pure.

A unit passes the processes of its route in order. Each passes once; a FAIL makes the unit FAILED, and from then on it
takes a label process only, in any order, until it is reworked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from core.errors import Invalid
from production.choices import DataLevel, LotStatus, Result, SerialStatus
from production.criteria import Criteria, faults_of
from production.errors import AlreadyPassed, AlreadyStarted, LotClosed, NotForYou, OutOfOrder, UnitNotOpen
from production.record_input import Given, NamedDefect, invalid

MAX_REASON = 500  # characters of a unit's reason of failure

# The words as plain texts: comparing members of an enumeration costs several times as much.
PASS, FAIL = Result.PASS.value, Result.FAIL.value
PASSED, FAILED = SerialStatus.PASSED.value, SerialStatus.FAILED.value
IN_PROGRESS, CLOSED = SerialStatus.IN_PROGRESS.value, LotStatus.CLOSED.value


@dataclass(frozen=True, slots=True)
class Step:
    """One process of a route."""

    id: int
    code: str
    is_label: bool


@dataclass(frozen=True, slots=True)
class Way:
    """The active processes of a route in their order."""

    steps: Sequence[Step]
    places: Mapping[int, int]  # process id → its place, from 1

    def step(self, process_id: int | None, field: str = "process_id") -> Step:
        """The step of this process. Raises Invalid where it is not on the route, or not active."""
        place = self.places.get(process_id or 0)
        if place is None:
            raise invalid(field, _("This process is not on the route of the product, or not active."))
        return self.steps[place - 1]

    def before(self, step: Step) -> Step | None:
        """The one that must have passed; none before the first."""
        place = self.places[step.id]
        return self.steps[place - 2] if place > 1 else None


def way_of(steps: Sequence[Step]) -> Way:
    """The route with the places of its processes."""
    return Way(steps, {step.id: place for place, step in enumerate(steps, 1)})


@dataclass(slots=True)
class Unit:
    """How far a unit (or a lot, at LOT level) is. `marks`: process id → whether it passed; False is begun."""

    status: str
    lot_status: str
    marks: dict[int, bool] = field(default_factory=dict)

    def take(self, way: Way, step: Step, result: str | None) -> None:
        """Go on as after this record, which `check_takes` let pass."""
        self.status = becomes(self, way, step, result)
        mark_step(self.marks, step.id, result)


def mark_step(marks: dict[int, bool], process_id: int, result: str | None) -> None:
    """Begun without a result, passed for good with a PASS, else open to be tried again."""
    if result in (None, PASS):
        marks[process_id] = result == PASS
    elif marks.get(process_id) is False:
        del marks[process_id]


def check_takes(unit: Unit, way: Way, step: Step, result: str | None, *, completing: bool = False) -> bool:
    """Raises what speaks against this record of the unit; True if it is out of order and nothing else is wrong.

    `completing`: it is the end of a step that was begun, whose order was looked at then.
    """
    if unit.lot_status == CLOSED:
        raise LotClosed
    if unit.status == PASSED or (unit.status == FAILED and not step.is_label):
        raise UnitNotOpen
    _check_mark(unit.marks.get(step.id), result, completing)
    if completing or unit.status == FAILED:
        return False
    before = way.before(step)
    return before is not None and not unit.marks.get(before.id, False)


def _check_mark(passed: bool | None, result: str | None, completing: bool) -> None:
    if passed and result != FAIL:  # a later inspection may still find it bad
        raise AlreadyPassed
    if passed is False and not completing:
        raise AlreadyStarted


def reason_to_run(
    unit: Unit, way: Way, step: Step, given: Given, *, of_a_unit: bool, may_override: bool
) -> str:
    """Why the record's order is overridden, empty where it is in order. Raises what speaks against the record."""
    if not of_a_unit:
        check_lot_takes(unit, step, given.result)
        return ""
    if not check_takes(unit, way, step, given.result):
        return ""
    reason = (given.override_reason or "").strip()
    before = way.before(step)
    if not reason:
        raise OutOfOrder(
            _("%(code)s, the process before it, has not passed.") % {"code": before and before.code}
        )
    if not may_override:
        raise NotForYou(errors={"override_reason": [str(NotForYou.message)]})
    return reason


def check_lot_takes(unit: Unit, step: Step, result: str | None, *, completing: bool = False) -> None:
    """At LOT level: no order, no failure; each process passes once."""
    if unit.lot_status == CLOSED:
        raise LotClosed
    _check_mark(unit.marks.get(step.id), result, completing)


def becomes(unit: Unit, way: Way, step: Step, result: str | None) -> str:
    """The status of the unit after a record with this result."""
    if unit.status == FAILED:
        return FAILED
    if result == FAIL:
        return FAILED
    if result == PASS and all(other is step or unit.marks.get(other.id) for other in way.steps):
        return PASSED
    return IN_PROGRESS


def check_values(
    criteria: Criteria,
    result: str | None,
    measurements: Mapping[str, Any],
    defects: Sequence[NamedDefect],
    notes: str,
) -> None:
    """Raises Invalid for values that contradict the result: a PASS outside its limits, a FAIL without a word why."""
    if criteria.definitions or criteria.strict:
        faults = list(faults_of(criteria, measurements, passed=result == PASS))
        if faults:
            raise Invalid(
                " ".join(f"measurements.{name}: {why}" for name, why in faults[:5]),
                errors={f"measurements.{name}": [why] for name, why in faults},
            )
    if result == FAIL and not defects and not notes.strip():
        raise invalid("defects", _("A FAIL names at least one defect, or says why in its notes."))


def reason_of(defects: Sequence[NamedDefect], notes: str) -> str:
    """Why a unit failed, in one line: its defects, else the notes."""
    named = ", ".join(f"{defect.defect_code} {defect.defect_name or ''}".strip() for defect in defects)
    return (named or notes.strip())[:MAX_REASON]


def level_of(stated: str | None, of_a_unit: bool) -> str:
    """SERIAL where a unit is named, else LOT. Raises Invalid where the client says otherwise."""
    level: str = (DataLevel.SERIAL if of_a_unit else DataLevel.LOT).value
    if stated in (None, level):
        return level
    if of_a_unit:
        raise invalid("serial_id", _("A record at LOT level names no unit."))
    raise invalid("serial_id", _("A record at SERIAL level names its unit."))
