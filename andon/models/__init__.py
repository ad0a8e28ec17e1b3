"""Tables of andon by subject: calls, policies, the ladder of a call, and calls that machines make."""

from andon.models.auto import AutoRaise, AutoRaiseRule
from andon.models.calls import AndonEvent, AndonEventQuerySet
from andon.models.ladder import EscalationStep, Notification
from andon.models.policies import EscalationLevel, EscalationPolicy, NotificationTarget, ResponseType

__all__ = [
    "AndonEvent",
    "AndonEventQuerySet",
    "AutoRaise",
    "AutoRaiseRule",
    "EscalationLevel",
    "EscalationPolicy",
    "EscalationStep",
    "Notification",
    "NotificationTarget",
    "ResponseType",
]
