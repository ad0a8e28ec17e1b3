"""The body of `ingest/events`: one JSON object with a list, or one JSON object per line."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import orjson
from django.conf import settings
from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.parsers import BaseParser

from core.api.renderers import PayloadTooLarge, read_body
from production.ingest import Unreadable

MAX_EVENTS = 10_000


@dataclass(frozen=True, slots=True)
class Sent:
    """What was sent: the decoded events, and the sha256 of the bytes they came in."""

    events: list[Any]
    sha256: str


class EventsParser(BaseParser):
    """Raises 413 for a body or a list that is too long, 400 for a body that is no list of events."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Sent:
        body = read_body(stream, settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
        return Sent(self.events(body), hashlib.sha256(body).hexdigest())

    def events(self, body: bytes) -> list[Any]:
        try:
            data = orjson.loads(body)
        except orjson.JSONDecodeError as exc:
            raise ParseError(_("The body is not valid JSON: %(why)s") % {"why": exc}) from exc
        events = data.get("events") if isinstance(data, dict) else None
        if not isinstance(events, list):
            raise ValidationError({"events": [_("A list of events is required.")]})
        return not_too_many(events)


class LinesParser(EventsParser):
    """NDJSON: a line that cannot be read is the error of that line alone; blank lines do not count."""

    media_type = "application/x-ndjson"

    def events(self, body: bytes) -> list[Any]:
        lines = (line.strip() for line in body.removeprefix(b"\xef\xbb\xbf").split(b"\n"))
        return [_read(line) for line in not_too_many([line for line in lines if line])]


class PlainLinesParser(LinesParser):
    media_type = "application/ndjson"


def not_too_many(events: list[Any]) -> list[Any]:
    """The list, or 413."""
    if len(events) > MAX_EVENTS:
        raise PayloadTooLarge(
            _("events: %(count)d are too many for one request, which takes %(max)d at most.")
            % {"count": len(events), "max": MAX_EVENTS}
        )
    return events


def _read(line: bytes) -> Any:
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError as exc:
        return Unreadable(_("The line is not valid JSON: %(why)s") % {"why": exc})
