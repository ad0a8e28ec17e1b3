"""What the OpenAPI document says of every operation alike; the settings name this class and these hooks."""

from __future__ import annotations

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import get_lib_doc_excludes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from core.api.idempotency import HEADER, UNSAFE, IdempotentMixin
from core.api.problem import CONTENT_TYPE
from core.api.urls import NUMBER

PROBLEM = {
    "type": "object",
    "description": "RFC 9457. `code` is stable, for programs; `errors` names the fields and what is wrong with each.",
    "required": ["type", "title", "status", "detail", "code", "errors"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "errors": {
            "type": "object",
            "additionalProperties": {"type": "array", "items": {"type": "string"}},
        },
    },
    "example": {
        "type": "about:blank",
        "title": "Bad Request",
        "status": 400,
        "detail": "name: This field is required.",
        "code": "invalid",
        "errors": {"name": ["This field is required."]},
    },
}
ERROR = {
    "description": "400 invalid, 401 unknown caller, 403 not allowed, 404 not found, 409 conflict, 412 stale, 413 too "
    "large, 415 media type, 422 idempotency key reused, 429 too many requests, 503 try again",
    "content": {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
KEY = OpenApiParameter(
    HEADER,
    str,
    OpenApiParameter.HEADER,
    description="The same key with the same request gives the first answer again, and does nothing twice.",
)


class ApiSchema(AutoSchema):
    """One operation of the document: it has a title, and a write takes an Idempotency-Key."""

    def get_summary(self) -> str:
        return super().get_summary() or self.get_operation_id().replace("_", " ").capitalize()

    def get_override_parameters(self) -> list[Any]:
        keyed = self.method in UNSAFE and isinstance(self.view, IdempotentMixin)
        return [KEY] if keyed else []


def not_documentation() -> list[type]:
    """Classes whose docstrings speak to programmers, not to callers of the API."""
    from core.api import serializers, views  # they import settings that name this module

    ours = [views.APIView, views.ReadOnlyViewSet, views.ModelViewSet, serializers.MasterDataSerializer]
    return [*get_lib_doc_excludes(), *ours]  # type: ignore[no-untyped-call]


def page_of(item: type[serializers.Serializer]) -> type[serializers.Serializer]:
    """The serializer of a page of these, for a view whose lists no viewset makes."""
    fields = {
        "count": serializers.IntegerField(),
        "next": serializers.URLField(allow_null=True),
        "previous": serializers.URLField(allow_null=True),
        "results": item(many=True),
    }
    return type(f"PageOf{item.__name__}", (serializers.Serializer,), fields)


def canonical_paths(endpoints: list[tuple[str, str, str, Any]]) -> list[tuple[str, str, str, Any]]:
    """Before: paths as clients should write them, without the trailing slash."""
    return [(path.rstrip("/"), regex, method, view) for path, regex, method, view in endpoints]


def problems_and_numbers(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """After: every operation may answer a problem, and what a path takes in digits only is a number."""
    result["components"]["schemas"]["Problem"] = PROBLEM
    result["components"]["responses"] = {"Problem": ERROR}
    for operation in (operation for path in result["paths"].values() for operation in path.values()):
        operation["responses"]["default"] = {"$ref": "#/components/responses/Problem"}
        for parameter in operation.get("parameters", []):
            if parameter["schema"].get("pattern") == f"^{NUMBER}$":
                parameter["schema"] = {"type": "integer"}
    return result
