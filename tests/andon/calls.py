"""Calls to test with."""

from __future__ import annotations

from typing import Any

from andon import actions
from andon.models import AndonEvent
from audit.models import AuditLog
from tests.support.factories import MachineFactory, UserFactory


def call(machine: Any = None, **given: Any) -> AndonEvent:
    """The call that stands after somebody called for help; at a machine of its own unless told where."""
    return raised(machine, **given).event


def raised(machine: Any = None, **given: Any) -> actions.Raised:
    machine = machine or (None if "line" in given else MachineFactory())
    said = {
        "line": machine.line if machine else None,
        "machine": machine,
        "event_type": "STOPPAGE",
        "priority": "MEDIUM",
        "description": "",
        "actor": None,
        **given,
    }
    said["actor"] = said["actor"] or UserFactory(role="operator")
    return actions.raise_event(**said)


def call_in(status: str) -> AndonEvent:
    """A call that has come to this status."""
    event, actor = call(), UserFactory(role="engineer")
    match status:
        case "ACKNOWLEDGED":
            actions.acknowledge(event=event, actor=actor)
        case "RESOLVED":
            actions.resolve(event=event, resolution_notes="Belt changed", actor=actor)
        case "CANCELLED":
            actions.cancel(event=event, reason="By mistake", actor=actor)
    return AndonEvent.objects.get(pk=event.pk)


def deeds(event: AndonEvent) -> list[AuditLog]:
    """What the trail tells was done, oldest first."""
    rows = AuditLog.objects.filter(entity_type="andon_events", entity_id=str(event.pk))
    return list(rows.filter(action__startswith="andon.").order_by("id"))
