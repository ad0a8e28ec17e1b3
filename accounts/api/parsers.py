"""Forms for the login, read as strictly as JSON is."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote_to_bytes

from django.conf import settings
from django.core.exceptions import TooManyFieldsSent
from django.http import QueryDict
from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from core.api.renderers import read_body


class StrictFormParser(BaseParser):
    """application/x-www-form-urlencoded; 400 for what is not UTF-8, where Django would guess."""

    media_type = "application/x-www-form-urlencoded"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> QueryDict:
        body = read_body(stream, settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
        try:
            unquote_to_bytes(body).decode("utf-8")
            return QueryDict(body.decode("utf-8"), encoding="utf-8")
        except (UnicodeDecodeError, TooManyFieldsSent) as exc:
            raise ParseError(_("The body is not a form in UTF-8.")) from exc
