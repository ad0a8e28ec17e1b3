"""What andon refuses."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from core.errors import DomainError


class AlreadyOpen(DomainError):
    """Somebody has just raised the same call: 409."""

    code = "already_open"
    message = _("A call of this type is open for this equipment.")


class NothingAbove(DomainError):
    """Everybody whom the policy names has been told: 409."""

    code = "maximum_escalation_level"
    message = _("Maximum escalation level reached: there is no level above.")
