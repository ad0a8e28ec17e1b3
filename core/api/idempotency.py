"""`Idempotency-Key`: the same key and body give the stored answer, another body 422, never a second row.

A refusal is not stored: nothing was done, and a later try may end otherwise.

The key is claimed by an insert in the request's own transaction, so a twin waits for the first to end. The table
lives in the app named by settings.IDEMPOTENCY_MODEL: the kit itself has none.
"""

from __future__ import annotations

import hashlib
from typing import Any

import orjson
from django.apps import apps
from django.conf import settings
from django.core.files.base import File
from django.db import connection, transaction
from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.renderers import dumps
from core.errors import DomainError

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
MAX_KEY = 255
UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class KeyReused(DomainError):
    """The key came before with another request."""

    status = 422
    code = "idempotency_key_reused"
    message = _("This Idempotency-Key was used for a different request.")


class BadKey(DomainError):
    status = 400
    code = "invalid"
    message = _("Idempotency-Key: 1 to 255 visible ASCII characters.")


class Replay(Exception):
    """Carries the stored answer past the view."""

    def __init__(self, stored: Any) -> None:
        self.stored = stored


def key_of(request: HttpRequest) -> str | None:
    """The key, where the request is unsafe and carries one."""
    return request.headers.get(HEADER) if request.method in UNSAFE else None


def fingerprint(request: Request) -> str:
    """What makes two requests the same: method, path with query, and body. Keyed, for a body may hold a password."""
    data = request.data if not hasattr(request.data, "lists") else _form(request.data)
    body = dumps(data)
    head = f"{request.method} {request.get_full_path()}\n".encode()
    return salted_hmac("core.api.idempotency", head + body, algorithm="sha256").hexdigest()


def _form(data: Any) -> dict[str, list[Any]]:
    """A form's values; an uploaded file counts by its name and the digest of its contents."""
    return {
        key: [_digest(value) if isinstance(value, File) else value for value in values]
        for key, values in data.lists()
    }


def _digest(upload: File) -> list[str | None]:
    digest = hashlib.sha256()
    for chunk in upload.chunks():
        digest.update(chunk)
    upload.seek(0)
    return [upload.name, digest.hexdigest()]


def claim(request: Request, key: str) -> Any:
    """A fresh row for this key, or raise Replay with the stored answer, KeyReused, BadKey."""
    if not (0 < len(key) <= MAX_KEY and key.isascii() and key.isprintable()):
        raise BadKey
    model = apps.get_model(settings.IDEMPOTENCY_MODEL)
    owner = request.user.pk if request.user and request.user.is_authenticated else None
    row, fresh = model.objects.get_or_create(
        owner_id=owner, key=key, defaults={"fingerprint": fingerprint(request)}
    )
    if fresh:
        return row
    if row.fingerprint != fingerprint(request):
        raise KeyReused
    raise Replay(row)


def replayed(stored: Any) -> Response:
    """The first answer again."""
    response = Response(stored.answer, status=stored.status, content_type=stored.content_type or None)
    response[REPLAYED] = "true"
    return response


class IdempotentMixin:
    """For API views: with a key, the whole request is one transaction that also stores its answer."""

    _claimed: Any = None

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if key_of(request) is None:
            return super().dispatch(request, *args, **kwargs)  # type: ignore[misc]
        with transaction.atomic():
            response = super().dispatch(request, *args, **kwargs)  # type: ignore[misc]
            if not self._storable(response):
                transaction.set_rollback(True)
            else:
                self._store(response)
        return response

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)  # type: ignore[misc]
        key = key_of(request)
        if key is not None:
            self._claimed = claim(request, key)

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, Replay):
            return replayed(exc.stored)
        return super().handle_exception(exc)  # type: ignore[misc]

    def _storable(self, response: Any) -> bool:
        """Only what was done: whoever was refused may mend the request and try again under the same key."""
        if self._claimed is None:  # a replay has nothing to undo, a refused key has nothing to keep
            return True
        return not connection.needs_rollback and response.status_code < 400

    def _store(self, response: Any) -> None:
        if self._claimed is None:
            return
        self._claimed.status = response.status_code
        self._claimed.answer = orjson.loads(dumps(response.data))  # decimals and the like as they read
        self._claimed.content_type = response.content_type or ""
        self._claimed.save(update_fields=["status", "answer", "content_type"])
