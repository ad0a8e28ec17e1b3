"""Every error as RFC 9457 `application/problem+json`: {type, title, status, detail, code, errors}."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import structlog
from django.core.exceptions import PermissionDenied
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import DataError, IntegrityError, OperationalError
from django.db.models import ProtectedError, RestrictedError
from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler as drf_handler

from core.errors import DomainError

log = structlog.get_logger(__name__)
CONTENT_TYPE = "application/problem+json"


def problem(
    status: int,
    detail: Any,
    *,
    code: str,
    errors: dict[str, Any] | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    """A problem response; `detail` is always a readable sentence."""
    body = problem_body(status, detail, code=code, errors=errors)
    return Response(body, status=status, headers=headers, content_type=CONTENT_TYPE)


def problem_body(
    status: int, detail: Any, *, code: str, errors: dict[str, Any] | None = None
) -> dict[str, Any]:
    """The object of RFC 9457."""
    return {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": str(detail),
        "code": code,
        "errors": errors or {},
    }


def handler(exc: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's EXCEPTION_HANDLER: whatever a client can cause becomes a problem; the rest stays a logged 500."""
    if isinstance(exc, DomainError):
        return problem(exc.status, exc.detail, code=exc.code, errors=exc.errors)
    if isinstance(exc, exceptions.ValidationError):
        return _invalid(exc.detail)
    if isinstance(exc, DjangoValidationError):
        return _invalid(_django_errors(exc))
    if isinstance(exc, ProtectedError | RestrictedError):
        return problem(
            409, _("It has history below it and cannot be deleted; make it inactive."), code="in_use"
        )
    if isinstance(exc, IntegrityError | DataError | OperationalError):
        return _database(exc)
    return _framework(exc, context)


def _invalid(detail: Any) -> Response:
    errors = flatten(detail)
    return problem(400, sentence(errors), code="invalid", errors=errors)


def _django_errors(exc: DjangoValidationError) -> dict[str, Any]:
    named = exc.message_dict if hasattr(exc, "error_dict") else {"non_field_errors": exc.messages}
    return {("non_field_errors" if field == "__all__" else field): texts for field, texts in named.items()}


def flatten(detail: Any, path: str = "") -> dict[str, list[str]]:
    """{field path: [sentences]} of DRF's nested detail; items of lists as `breaks.0.start_time`."""
    if isinstance(detail, dict):
        pairs = ((f"{path}.{key}" if path else str(key), value) for key, value in detail.items())
    elif isinstance(detail, list) and any(isinstance(item, dict | list) for item in detail):
        pairs = ((f"{path}.{index}" if path else str(index), value) for index, value in enumerate(detail))
    else:
        texts = detail if isinstance(detail, list) else [detail]
        return {path or "non_field_errors": [str(text) for text in texts]} if texts else {}
    return {field: texts for key, value in pairs for field, texts in flatten(value, key).items()}


def sentence(errors: dict[str, list[str]]) -> str:
    """The faults in one line, each with its field."""
    parts = [
        texts[0] if field == "non_field_errors" else f"{field}: {texts[0]}"
        for field, texts in errors.items()
        if texts
    ]
    return " ".join(parts) or _("Invalid input.")


def _database(exc: Exception) -> Response:
    if isinstance(exc, OperationalError):
        log.error("database_unavailable", exc_info=exc)
        return problem(
            503,
            _("The database does not answer. Try again."),
            code="unavailable",
            headers={"Retry-After": "5"},
        )
    if isinstance(exc, DataError):
        return problem(400, _("A value is out of range."), code="invalid")
    log.warning("integrity_conflict", exc_info=exc)
    return problem(409, _("It conflicts with a record that is there already."), code="conflict")


def _framework(exc: Exception, context: dict[str, Any]) -> Response | None:
    response = drf_handler(exc, context)
    if response is None:
        return None
    detail = getattr(exc, "detail", None)
    if isinstance(exc, Http404):
        detail = _("Not found.")
    elif isinstance(exc, PermissionDenied):
        detail = _("You are not allowed to do this.")
    code = (
        str(detail.code)
        if isinstance(detail, exceptions.ErrorDetail)
        else HTTPStatus(response.status_code).name.lower()
    )
    if isinstance(detail, dict):  # simplejwt answers with a dict
        code, detail = str(detail.get("code", code)), detail.get("detail")
    headers = {name: value for name, value in response.items() if name.lower() != "content-type"}
    return problem(response.status_code, detail, code=code, headers=headers)


def problem_response(status: int, detail: Any, *, code: str) -> HttpResponse:
    """The same outside DRF: for middleware and the project's error handlers."""
    from core.api.renderers import dumps

    return HttpResponse(
        dumps(problem_body(status, detail, code=code)), status=status, content_type=CONTENT_TYPE
    )
