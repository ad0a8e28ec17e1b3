"""JSON in and out through orjson: several times faster, and NaN, lone surrogates and broken UTF-8 are refused."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import orjson
from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from rest_framework.exceptions import APIException, NotAcceptable, ParseError
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer

from core.nesting import MAX_DEPTH, is_too_deep, within_range

MAX_JSON = 4 * 1024 * 1024  # bytes of one object; what takes many at once has a parser of its own
OPTIONS = orjson.OPT_NON_STR_KEYS | orjson.OPT_UTC_Z


class PayloadTooLarge(APIException):
    """413."""

    status_code = 413
    default_code = "too_large"
    default_detail = "The request body is too large."


def dumps(data: Any) -> bytes:
    """JSON bytes; decimals as numbers, lazy texts as text."""
    try:
        return orjson.dumps(data, default=_default, option=OPTIONS)
    except orjson.JSONEncodeError:
        return orjson.dumps(within_range(data), default=_default, option=OPTIONS)


def _default(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, Promise):
        return str(value)
    if isinstance(value, dict):  # ReturnDict, OrderedDict
        return dict(value)
    if isinstance(value, list | tuple | set | frozenset):
        return list(value)
    raise TypeError(type(value).__name__)


class JSONRenderer(BaseRenderer):
    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None
    ) -> bytes:
        return b"" if data is None else dumps(data)


class FileNegotiation(DefaultContentNegotiation):
    """For addresses that say which file they are: whoever asks for a PDF and says so in `Accept` gets it.

    Problems are JSON all the same.
    """

    def select_renderer(self, request: Any, renderers: Any, format_suffix: str | None = None) -> Any:
        try:
            return super().select_renderer(request, renderers, format_suffix)
        except NotAcceptable:
            return renderers[0], renderers[0].media_type


def read_body(stream: Any, limit: int) -> bytes:
    """The whole body, or 413 past `limit` bytes, whatever its headers say."""
    body: bytes = stream.read(limit + 1)
    if len(body) > limit:
        raise PayloadTooLarge
    return body


class JSONParser(BaseParser):
    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        body = read_body(stream, min(MAX_JSON, settings.DATA_UPLOAD_MAX_MEMORY_SIZE))
        try:
            data = orjson.loads(body)
        except orjson.JSONDecodeError as exc:
            raise ParseError(_("The body is not valid JSON: %(why)s") % {"why": exc}) from exc
        if is_too_deep(body, data):
            raise ParseError(_("Nested more than %(most)d levels deep.") % {"most": MAX_DEPTH})
        return data
