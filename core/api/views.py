"""Base views. A concrete viewset is three attributes: queryset, serializer_class, filterset_class."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.shortcuts import get_object_or_404
from rest_framework import mixins, viewsets
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView as DRFAPIView

from core.api.etag import conditional, require_match
from core.api.filters import refuse_unknown
from core.api.idempotency import IdempotentMixin
from core.api.permissions import HasCodename
from core.api.urls import NUMBER


class Guarded(IdempotentMixin):
    """Permission by codename on every view. `permission` states one codename for the whole view or action;
    `permissions_by_method` one per method; else it is derived from the queryset's model."""

    permission: str | None = None
    permissions_by_method: dict[str, str] | None = None
    permission_classes: Any = (HasCodename,)
    query_names: tuple[str, ...] = ()


class APIView(Guarded, DRFAPIView):
    """A view without a model: states `permission` or `permissions_by_method`, and its `query_names`."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if request.method == "GET":
            refuse_unknown(request, {*self.query_names, "format"})


class OneObject:
    """An object by its number; GET with ETag."""

    lookup_value_regex = NUMBER

    _looks_for_one = False  # while one object is looked for, and the address says nothing else

    def get_object(self) -> Any:
        self._looks_for_one = not self.request.query_params  # type: ignore[attr-defined]
        try:
            return super().get_object()  # type: ignore[misc]
        finally:
            self._looks_for_one = False

    def filter_queryset(self, queryset: Any) -> Any:
        """Filters narrow lists; of one object they only look at what else the address says."""
        return queryset if self._looks_for_one else super().filter_queryset(queryset)  # type: ignore[misc]

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return conditional(request, self.get_serializer(self.get_object()).data)  # type: ignore[attr-defined]


class ReadOnlyViewSet(
    Guarded, OneObject, mixins.RetrieveModelMixin, mixins.ListModelMixin, viewsets.GenericViewSet
):
    """List and single read."""


class ModelViewSet(Guarded, OneObject, viewsets.ModelViewSet):
    """Plain CRUD of master data; writes lock the row, and answer the same representation as reads."""

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        with transaction.atomic():
            return super().create(request, *args, **kwargs)

    def update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        with transaction.atomic():
            return super().update(request, *args, **kwargs)

    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        with transaction.atomic():
            return super().destroy(request, *args, **kwargs)

    def get_object(self) -> Any:
        """The row; locked, and checked against If-Match, where this request writes it."""
        found = super().get_object()
        if (
            self.request.method in ("GET", "HEAD", "OPTIONS")
            or not transaction.get_connection().in_atomic_block
        ):
            return found
        rows = found._meta.model._default_manager.select_for_update(no_key=True, of=("self",))
        locked = get_object_or_404(rows, pk=found.pk)
        if "If-Match" in self.request.headers:  # as it reads now that nobody else can change it
            require_match(self.request, self.get_serializer(super().get_object()).data)
        return locked
