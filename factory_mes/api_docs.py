"""The API's own documents, all served from here: the OpenAPI document, Swagger UI and ReDoc."""

from __future__ import annotations

import hashlib
from functools import cache

from csp.constants import SELF
from csp.decorators import csp_update
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, re_path
from django.utils import translation
from django.views.decorators.http import condition, require_safe
from drf_spectacular.generators import SchemaGenerator

from core.api.renderers import dumps

# ReDoc writes two styles before it can be told our nonce (one of them empty), and searches in a worker made of a blob.
REDOC_STYLES = (
    "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='",
    "'sha256-QMIg+bpjm3JdElJ388KYke01izlUW0UoNOeKjpMxdgc='",
)


@cache
def document() -> bytes:
    """OpenAPI 3 in JSON: seconds of work, so once per process."""
    with translation.override(settings.LANGUAGE_CODE):
        return dumps(SchemaGenerator().get_schema(request=None, public=True))


def etag(request: HttpRequest) -> str:
    return f'"{hashlib.sha256(document()).hexdigest()[:32]}"'


@require_safe
@condition(etag_func=etag)
def openapi(request: HttpRequest) -> HttpResponse:
    return HttpResponse(document(), content_type="application/json")


@require_safe
def swagger(request: HttpRequest) -> HttpResponse:
    return render(request, "api_docs/swagger.html")


@csp_update({"style-src": REDOC_STYLES, "worker-src": [SELF, "blob:"]})
@require_safe
def redoc(request: HttpRequest) -> HttpResponse:
    return render(request, "api_docs/redoc.html")


def urls(prefix: str, name: str) -> list[URLPattern]:
    """The three below a prefix."""
    return [
        re_path(rf"^{prefix}openapi\.json$", openapi, name=f"{name}openapi"),
        re_path(rf"^{prefix}docs/?$", swagger, name=f"{name}docs"),
        re_path(rf"^{prefix}redoc/?$", redoc, name=f"{name}redoc"),
    ]
