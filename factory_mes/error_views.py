"""What people and programs see when something is wrong: a page, or problem+json under /api."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from core.api.problem import problem_response


def answer(request: HttpRequest, status: int, detail: str, code: str) -> HttpResponse:
    """The same fault, for whoever asked."""
    if request.path.startswith("/api"):
        return problem_response(status, detail, code=code)
    return TemplateResponse(request, f"{status}.html", {"detail": detail}, status=status).render()


def bad_request(request: HttpRequest, exception: Any = None) -> HttpResponse:
    return answer(request, 400, _("The request cannot be read."), "invalid")


def forbidden(request: HttpRequest, exception: Any = None) -> HttpResponse:
    return answer(request, 403, _("You are not allowed to do this."), "permission_denied")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    detail = _("The form was too old, or came from another site. Go back, reload the page and send it again.")
    return answer(request, 403, detail, "csrf_failed")


def not_found(request: HttpRequest, exception: Any = None) -> HttpResponse:
    return answer(request, 404, _("Not found."), "not_found")


def server_error(request: HttpRequest) -> HttpResponse:
    """A fault of ours: told without a trace, logged with one."""
    return answer(request, 500, _("Something went wrong on our side. It has been logged."), "server_error")
