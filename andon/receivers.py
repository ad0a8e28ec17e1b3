"""What machines do may call for help by itself. A look that is not queued here is made up for by the sweep."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from andon.choices import Trigger
from andon.models import AutoRaiseRule
from equipment.signals import fault_reported, states_changed


@receiver(states_changed)
def on_states_changed(*, machine_ids: list[int], **_: Any) -> None:
    from andon.tasks import look_at_machines

    if _wanted(Trigger.MACHINE_DOWN):
        look_at_machines.defer(machine_ids=list(machine_ids))


@receiver(fault_reported)
def on_fault_reported(*, fault_id: int, **_: Any) -> None:
    from andon.tasks import look_at_fault

    if _wanted(Trigger.FAULT):
        look_at_fault.defer(fault_id=fault_id)


def _wanted(trigger: Trigger) -> bool:
    return AutoRaiseRule.objects.filter(trigger=trigger, is_active=True).exists()
