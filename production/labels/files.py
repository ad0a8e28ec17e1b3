"""A label as a file, for the API and the pages."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.utils.http import content_disposition_header

from production.labels.layout import label_of
from production.labels.pdf import pdf
from production.labels.svg import svg
from production.labels.zpl import zpl
from production.models import Lot, Serial

TYPES: dict[str, tuple[Any, str]] = {
    "svg": (svg, "image/svg+xml"),
    "pdf": (pdf, "application/pdf"),
    "zpl": (zpl, "text/plain; charset=utf-8"),
}


def label_file(of: Lot | Serial, kind: str) -> HttpResponse:
    """The label as a file of this type, shown rather than saved."""
    draw, content_type = TYPES[kind]
    label = label_of(of)
    response = HttpResponse(draw(label), content_type=content_type)
    response["Content-Disposition"] = content_disposition_header(False, f"{label.number}.{kind}")
    return response
