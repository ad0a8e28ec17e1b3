"""What makes a ladder of levels one that can be climbed. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Any

from django.utils.translation import gettext as _

Rung = tuple[int, str, int]  # level, clock, after minutes


def fault_of_rungs(rungs: Iterable[Rung]) -> Any:
    """What is wrong with them, or None: each level once, and on one clock a higher level later than the one below."""
    ordered = sorted(rungs)
    if len({level for level, _clock, _minutes in ordered}) < len(ordered):
        return _("Each level once.")
    for clock in {clock for _level, clock, _minutes in ordered}:
        minutes = [after for _level, own, after in ordered if own == clock]
        if any(higher <= lower for lower, higher in pairwise(minutes)):
            return _("A higher level is told later than the one below it.")
    return None
