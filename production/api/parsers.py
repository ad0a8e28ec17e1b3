"""The bodies of batches: one JSON object with a list, or one JSON object per line."""

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
        return list_in(decoded(body), "events")


class LinesParser(EventsParser):
    """NDJSON: a line that cannot be read is the error of that line alone; blank lines do not count."""

    media_type = "application/x-ndjson"

    def events(self, body: bytes) -> list[Any]:
        lines = (line.strip() for line in body.removeprefix(b"\xef\xbb\xbf").split(b"\n"))
        return [_read(line) for line in not_too_many([line for line in lines if line])]


class PlainLinesParser(LinesParser):
    media_type = "application/ndjson"


@dataclass(frozen=True, slots=True)
class SentRecords:
    """A batch of process data. `atomic`: all of it or nothing."""

    items: list[Any]
    atomic: bool
    sha256: str


class RecordsParser(BaseParser):
    """Raises 413 for a body or a list that is too long, 400 for a body that is no list of items."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> SentRecords:
        body = read_body(stream, settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
        data = decoded(body)
        items = list_in(data, "items")
        atomic = data.get("atomic", False)
        if not isinstance(atomic, bool):
            raise ValidationError({"atomic": [_("Either true or false.")]})
        return SentRecords(items, atomic, hashlib.sha256(body).hexdigest())


def decoded(body: bytes) -> Any:
    """The JSON value, or 400."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as exc:
        raise ParseError(_("The body is not valid JSON: %(why)s") % {"why": exc}) from exc


def list_in(data: Any, name: str) -> list[Any]:
    """The list under this name, or 400."""
    found = data.get(name) if isinstance(data, dict) else None
    if not isinstance(found, list):
        raise ValidationError({name: [_("A list of %(name)s is required.") % {"name": name}]})
    return not_too_many(found, name)


def not_too_many(events: list[Any], name: str = "events") -> list[Any]:
    """The list, or 413."""
    if len(events) > MAX_EVENTS:
        raise PayloadTooLarge(
            _("%(name)s: %(count)d are too many for one request, which takes %(max)d at most.")
            % {"name": name, "count": len(events), "max": MAX_EVENTS}
        )
    return events


def _read(line: bytes) -> Any:
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError as exc:
        return Unreadable(_("The line is not valid JSON: %(why)s") % {"why": exc})
