"""ETag of a single object: If-None-Match answers 304, If-Match refuses a stale write with 412."""

from __future__ import annotations

import hashlib
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from core.api.renderers import dumps
from core.errors import StaleObject


def etag_of(data: Any) -> str:
    """A strong validator of the representation."""
    return f'"{hashlib.sha256(dumps(data)).hexdigest()[:32]}"'


def _named(header: str) -> set[str]:
    return {tag.strip().removeprefix("W/") for tag in header.split(",")}


def conditional(request: Request, data: Any) -> Response:
    """200 with its ETag, or 304 where the client has it already."""
    etag = etag_of(data)
    fresh = request.headers.get("If-None-Match")
    known = fresh is not None and (etag in _named(fresh) or fresh.strip() == "*")
    return Response(status=304, headers={"ETag": etag}) if known else Response(data, headers={"ETag": etag})


def require_match(request: Request, data: Any) -> None:
    """Raises StaleObject where If-Match was sent and names another state."""
    wanted = request.headers.get("If-Match")
    if wanted and wanted.strip() != "*" and etag_of(data) not in _named(wanted):
        raise StaleObject
