"""What views of things with a status share: they are read here and written by actions."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response

from core.api.etag import require_match
from production.api.fixed import as_written


class Acted:
    """Writes go through actions and answer the same representation as reads."""

    def read(self, serializer_class: Any, *, partial: bool = False) -> dict[str, Any]:
        serializer = serializer_class(data=self.request.data, partial=partial)  # type: ignore[attr-defined]
        serializer.is_valid(raise_exception=True)
        return serializer.validated_data

    def shown(self, row: Any, status: int = 200) -> Response:
        row = self.get_queryset().get(pk=row.pk)  # type: ignore[attr-defined]
        return Response(self.get_serializer(row).data, status=status)  # type: ignore[attr-defined]

    def matched(self) -> Any:
        """The row that this request is about, locked and held against If-Match where that was sent."""
        row = self.get_object()  # type: ignore[attr-defined]
        if "If-Match" in self.request.headers:  # type: ignore[attr-defined]
            self.hold(row)
            require_match(self.request, self.get_serializer(self.get_object()).data)  # type: ignore[attr-defined]
        return row

    def hold(self, row: Any) -> None:
        """Lock it in the order of the house."""
        raise NotImplementedError

    def changes(self, row: Any, serializer_class: Any, *, partial: bool) -> dict[str, Any]:
        """What is given anew of this row; what stands may be written back as it is. A PUT changes something."""
        request = self.request  # type: ignore[attr-defined]
        if not (request.data or partial):
            raise ValidationError(_("Nothing to change was given."))
        stands = as_written(self.get_serializer(row).data)  # type: ignore[attr-defined]
        given = serializer_class(data=request.data, partial=True, context={"stands": stands})
        given.is_valid(raise_exception=True)
        return given.validated_data
