"""Errors of the domain: raised by actions, told by every door in its own way (problem+json, a page message)."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _


class DomainError(Exception):
    """A rule of the domain was broken. `status` is the HTTP status that fits, `code` is stable for programs.

    `errors` names the fields, as {field: [messages]}, where the fault lies in the input.
    """

    status = 409
    code = "conflict"
    message: Any = _("The request conflicts with the present state.")

    def __init__(self, message: Any = None, *, errors: dict[str, Any] | None = None) -> None:
        self.detail = str(message if message is not None else self.message)
        self.errors = errors or {}
        super().__init__(self.detail)


class Invalid(DomainError):
    """The input cannot be true, whatever the state: 400."""

    status = 400
    code = "invalid"
    message = _("Invalid input.")


class NotFound(DomainError):
    """What the input names does not exist: 404."""

    status = 404
    code = "not_found"
    message = _("Not found.")


class InvalidTransition(DomainError):
    """The status does not allow this step: 409."""

    code = "invalid_transition"

    def __init__(self, *, present: str, target: str) -> None:
        super().__init__(_("%(present)s cannot become %(target)s.") % {"present": present, "target": target})


class StaleObject(DomainError):
    """The caller's `If-Match` names an older state than the present one: 412."""

    status = 412
    code = "stale"
    message = _("The object has changed since you read it. Read it again.")


class UnauditedWrite(Exception):
    """Programming error: a bulk write on an audited model outside `ledger.bulk(reason=…)`."""
