"""What the plant refuses because of its present state."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from core.errors import DomainError


class AlreadyDown(DomainError):
    """The machine stands still at that time already: 409."""

    code = "already_down"
    message = _("The machine is down at that time already: give that stop its reason.")


class AlreadyEnded(DomainError):
    """The stop is over: 409."""

    code = "already_ended"
    message = _("The stop has ended already.")


class StillDown(DomainError):
    """The stop lasts: 409."""

    code = "still_down"
    message = _("The stop lasts still: it is confirmed when it is over.")


class AlreadyConfirmed(DomainError):
    """Somebody confirmed it before: 409."""

    code = "already_confirmed"
    message = _("The stop is confirmed already.")


class AlreadyOrdered(DomainError):
    """A repair of the fault is on its way: 409."""

    code = "already_ordered"
    message = _("A repair of this fault is ordered already.")
