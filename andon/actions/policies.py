"""The rungs of a policy, written as one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import transaction

from andon.models import EscalationLevel, EscalationPolicy


@transaction.atomic
def set_levels(*, policy: EscalationPolicy, levels: Iterable[dict[str, Any]]) -> None:
    """The rungs of the policy are these and no others; one that stays as it is leaves no trace."""
    standing = {level.level: level for level in policy.levels.select_for_update(no_key=True)}
    wanted = {values["level"]: values for values in levels}
    for number, values in wanted.items():
        _set(standing.get(number) or EscalationLevel(policy=policy), values)
    for number in standing.keys() - wanted.keys():
        standing[number].delete()


def _set(level: EscalationLevel, values: dict[str, Any]) -> None:
    if level.pk is None or any(getattr(level, name) != value for name, value in values.items()):
        for name, value in values.items():
            setattr(level, name, value)
        level.save()
