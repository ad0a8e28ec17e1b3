"""What a machine's counters have counted together, reading by reading. Pure: no Django, no clock.

A machine may show up to three cumulative counters. `good` and `scrap` count what they are called. `total` counts
both: what it shows beyond the other counters belongs to the kind that has no counter of its own. So with

- `total` alone, every piece is good;
- `total` and `scrap`, good = total - scrap;
- `total` and `good`, scrap = total - good;
- all three, `total` adds nothing.

Counters are seldom read at the same moment. Pieces that `good` or `scrap` shows before `total` does are owed, and
taken off the next steps of `total`; so the sum is right in the end and no count is ever negative. Readings are
taken in the order of time, at one moment good and scrap before total.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from production.counters import counter_delta

GOOD, SCRAP, TOTAL = "good", "scrap", "total"  # in the order in which they are taken at one moment


class Pieces(NamedTuple):
    good: int
    scrap: int


@dataclass(slots=True)
class Tally:
    """The counters of one machine at a moment: the last value of each, and the pieces owed to `total`."""

    last: dict[str, int] = field(default_factory=dict)
    owed: int = 0

    def take(self, counter: str, value: int, rollover_at: int | None = None) -> Pieces:
        """The pieces that the next reading adds. Raises ValueError for a negative reading."""
        delta = counter_delta(self.last.get(counter), value, rollover_at=rollover_at).delta
        self.last[counter] = value
        if counter == TOTAL:
            return self._beyond(delta)
        if TOTAL in self.last:
            self.owed += delta
        return Pieces(delta, 0) if counter == GOOD else Pieces(0, delta)

    def _beyond(self, delta: int) -> Pieces:
        """What `total` shows and no other counter has shown."""
        paid = min(delta, self.owed)
        self.owed -= paid
        if GOOD not in self.last:
            return Pieces(delta - paid, 0)
        return Pieces(0, delta - paid if SCRAP not in self.last else 0)
