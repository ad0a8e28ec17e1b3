"""Request context: a request id, who is acting, and a refusal of what no handler can read."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable
from ipaddress import ip_address
from urllib.parse import unquote_to_bytes

import structlog
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.functional import SimpleLazyObject

from core.api.problem import problem_response
from core.context import act_as, acting

log = structlog.get_logger("mes.request")
REQUEST_ID = re.compile(r"^[A-Za-z0-9._-]{8,64}$")
GetResponse = Callable[[HttpRequest], HttpResponseBase]


def context_middleware(get_response: GetResponse) -> GetResponse:
    """Open the acting context of this request and name it in the logs and in `X-Request-ID`."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        request.META["REMOTE_ADDR"] = address_of(request.META.get("REMOTE_ADDR", ""))
        given = request.headers.get("X-Request-ID", "")
        request_id = given if REQUEST_ID.match(given) else uuid.uuid4().hex
        request.request_id = request_id  # type: ignore[attr-defined]
        actor = SimpleLazyObject(
            lambda: user if (user := getattr(request, "user", None)) and user.pk else None
        )
        with (
            structlog.contextvars.bound_contextvars(request_id=request_id),
            act_as(
                actor=actor,
                source=source_of(request.path),
                request_id=request_id,
                ip_address=request.META["REMOTE_ADDR"],
                user_agent=request.headers.get("User-Agent", "")[:255],
                reason="",
            ),
        ):
            started = time.perf_counter()
            response = get_response(request)
            _log(request, response, time.perf_counter() - started)
        response["X-Request-ID"] = request_id
        return response

    return middleware


def _log(request: HttpRequest, response: HttpResponseBase, seconds: float) -> None:
    """One line per request. The query is left out: it may hold what is nobody's business."""
    user = acting().actor
    log.info(
        "request",
        method=request.method,
        path=request.path,
        status=response.status_code,
        duration_ms=round(seconds * 1000, 1),
        user_id=user.pk if user else None,
    )


def address_of(text: str) -> str | None:
    """The caller's address; None where there is none, or where a proxy passes on a word in its place."""
    try:
        return str(ip_address(text))
    except ValueError:
        return None


def source_of(path: str) -> str:
    """The door that this address belongs to: api, admin or page."""
    first = path.strip("/").split("/")[0]
    return first if first in ("api", "admin") else "page"


def readable_middleware(get_response: GetResponse) -> GetResponse:
    """400 for NUL bytes and broken UTF-8 in the address or the cookies: the database takes neither."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        raw = unquote_to_bytes(request.META.get("QUERY_STRING", "").replace("+", " "))
        cookies = "".join(request.COOKIES.values())  # octal escapes in a quoted cookie are bytes too
        if "\x00" in request.path + cookies or b"\x00" in raw or not _is_utf8(raw):
            return _unreadable(request)
        return get_response(request)

    return middleware


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _unreadable(request: HttpRequest) -> HttpResponse:
    return problem_response(400, "The address or a cookie holds bytes that are not text.", code="invalid")
