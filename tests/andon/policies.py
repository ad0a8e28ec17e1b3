"""Policies to test with, and what becomes of the ladders they make."""

from __future__ import annotations

from typing import Any

from andon.models import AndonEvent, EscalationLevel, EscalationPolicy

Rung = tuple[int, str] | tuple[int, str, list[str], list[str]]
FIVE_TEN = ((5, "REPORTED"), (10, "REPORTED"), (30, "ACKNOWLEDGED"))


def policy(*rungs: Rung, **given: Any) -> EscalationPolicy:
    """A policy for all calls in place of the ones there are: level n after (minutes, clock[, roles, channels])."""
    for standing in EscalationPolicy.objects.all():
        standing.delete()
    return another_policy(*rungs, **given)


def another_policy(*rungs: Rung, **given: Any) -> EscalationPolicy:
    made = EscalationPolicy.objects.create(**{"name": "Test", **given})
    for level, (minutes, clock, *who) in enumerate(rungs or FIVE_TEN, start=1):
        roles, channels = who or (["shift_manager"], ["PAGE"])
        EscalationLevel.objects.create(
            policy=made, level=level, after_minutes=minutes, clock=clock, roles=roles, channels=channels
        )
    return made


def ladder(event: AndonEvent) -> list[tuple[int, str, float]]:
    """(level, status, minutes after the call) of each step."""
    return [
        (step.level, step.status, (step.due_at - event.reported_at).total_seconds() / 60)
        for step in event.steps.order_by("level")
    ]
