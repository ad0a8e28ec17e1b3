"""What a client may write back as it read it, and change by a verb only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import orjson
from django.utils.translation import gettext as _
from rest_framework import serializers

from core.api.renderers import dumps


class FixedFields(serializers.Serializer):
    """An input serializer that refuses another value of a column that only verbs change.

    `fixed` = {field: the verb to use}; `at_birth` = {field: its value in a new row}, null meaning nothing said.
    The view gives what stands as `context["stands"]`, the representation of the row, where there is one.
    """

    fixed: ClassVar[Mapping[str, str]] = {}
    at_birth: ClassVar[Mapping[str, Any]] = {}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        given: Any = self.initial_data
        stands = self.context.get("stands")
        right = self.at_birth if stands is None else stands
        wrong = [
            name
            for name in self.fixed.keys() & given.keys() & right.keys()
            if not _same(given[name], right[name], new=stands is None)
        ]
        if wrong:
            raise serializers.ValidationError({name: [self._use(name)] for name in sorted(wrong)})
        return attrs

    def _use(self, name: str) -> str:
        return _("Not written from outside: use %(verb)s.") % {"verb": self.fixed[name]}


def as_written(shown: Any) -> Any:
    """A representation as a client reads it: with its moments as texts."""
    return orjson.loads(dumps(shown))


def _same(given: Any, right: Any, *, new: bool) -> bool:
    if given is None or given == "":
        return new or right in (None, "")
    if isinstance(given, str) and isinstance(right, str):
        return given.upper() == right.upper()
    return type(given) is type(right) and given == right
