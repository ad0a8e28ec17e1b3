"""A plan as the events that the machines of the line would send (api.md §7), each due at its own time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from equipment.calendar import Shift
from factory_mes.demo.lines import DemoLine, DemoMachine
from factory_mes.demo.plan import Plan, Report, plan_shift


def events_between(
    line: DemoLine, shifts: list[Shift], start: datetime, end: datetime
) -> list[dict[str, Any]]:
    """Everything the line says in [start, end), in order of time. `shifts` are those that touch the window."""
    found = [event for shift in shifts for event in shift_events(plan_shift(line, shift))]
    return sorted(
        (event for event in found if start <= moment_of(event) < end),
        key=lambda event: (moment_of(event), event["event_id"]),
    )


def moment_of(event: dict[str, Any]) -> datetime:
    """When it is due."""
    return datetime.fromisoformat(event["started_at" if event["kind"] == "state" else "at"])


def shift_events(plan: Plan) -> Iterator[dict[str, Any]]:
    """All events of a shift. The end of a shift is told by the next one's first state, or by nobody."""
    for index, machine in enumerate(plan.line.machines):
        prefix = f"{machine.code}:{plan.shift.start:%Y%m%dT%H%M%S}"
        yield from _states(plan, index, machine, prefix)
        yield from (_counters if machine.reports_counters else _counts)(plan, index, machine, prefix)


def _states(plan: Plan, index: int, machine: DemoMachine, prefix: str) -> Iterator[dict[str, Any]]:
    for spell in plan.spells[index]:
        event = {
            "event_id": f"{prefix}:s{spell.start}",
            "kind": "state",
            "equipment_code": machine.code,
            "state": spell.state,
            "started_at": plan.moment(spell.start).isoformat(),
        }
        yield {**event, "reason_code": spell.reason} if spell.reason else event


def _counts(plan: Plan, index: int, machine: DemoMachine, prefix: str) -> Iterator[dict[str, Any]]:
    for row in plan.reports[index]:
        yield {
            "event_id": f"{prefix}:c{row.at}",
            "kind": "count",
            "equipment_code": machine.code,
            "at": plan.moment(row.at).isoformat(),
            "product_code": row.product.code,
            "good": row.good,
            "scrap": row.scrap,
            "rework": row.rework,
        }


def _counters(plan: Plan, index: int, machine: DemoMachine, prefix: str) -> Iterator[dict[str, Any]]:
    """Counters that begin each shift at zero: their reset is part of what the product must understand."""
    totals = {"good": 0, "scrap": 0}
    for name in totals:
        yield _reading(
            plan, machine, prefix, name, 0, 0, plan.reports[index][0] if plan.reports[index] else None
        )
    for row in plan.reports[index]:
        for name in totals:
            added = getattr(row, name)
            totals[name] += added
            if added:
                yield _reading(plan, machine, prefix, name, row.at, totals[name], row)


def _reading(
    plan: Plan, machine: DemoMachine, prefix: str, name: str, second: int, value: int, row: Report | None
) -> dict[str, Any]:
    event = {
        "event_id": f"{prefix}:{name}{second}",
        "kind": "counter",
        "equipment_code": machine.code,
        "at": plan.moment(second).isoformat(),
        "counter": name,
        "value": value,
    }
    return {**event, "product_code": row.product.code} if row else event
