"""Everything that changes a call, its ladder and its messages: one module per subject."""

from andon.actions.calls import MAX_REASON, Raised, acknowledge, cancel, raise_event, resolve
from andon.actions.ladder import escalate, fire_due
from andon.actions.outbox import deliver, see, send_again

__all__ = [
    "MAX_REASON",
    "Raised",
    "acknowledge",
    "cancel",
    "deliver",
    "escalate",
    "fire_due",
    "raise_event",
    "resolve",
    "see",
    "send_again",
]
