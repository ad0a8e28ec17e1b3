"""Master data over HTTP: the model's own rules decide, and their refusals name the fields of the API."""

from __future__ import annotations

import copy
from collections.abc import Callable
from operator import attrgetter
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.validators import UniqueValidator

from core.api.fields import AnyCaseChoiceField, AwareDateTimeField, IdField, PlausibleDateField, WallTimeField
from core.errors import DomainError

TWIN = frozenset({"unique", "unique_together"})


class Duplicate(DomainError):
    """Another row has this code or name already: 409."""

    code = "duplicate"
    message = _("There is one with this name already.")


class Shown(serializers.ModelSerializer):
    """A representation that is only read, several times faster than field by field.

    Values go out as they stand, for the renderer writes dates and moments as the contract has them. Fields are told
    as ever, for the document; what `source` leads past a missing row is null.
    """

    @classmethod
    def readers(cls) -> list[tuple[str, Callable[[Any], Any]]]:
        """What reads each field from a row; made once per class."""
        if "_readers" not in cls.__dict__:
            cls._readers = [(name, _reader(field)) for name, field in cls().fields.items()]
        return cls._readers

    _readers: list[tuple[str, Callable[[Any], Any]]]

    def to_representation(self, row: Any) -> dict[str, Any]:
        return _show(self.readers(), row)


def _show(readers: list[tuple[str, Callable[[Any], Any]]], row: Any) -> dict[str, Any]:
    return {name: read(row) for name, read in readers}


def _reader(field: Any) -> Callable[[Any], Any]:
    if isinstance(field, serializers.SerializerMethodField):
        return getattr(field.parent, field.method_name)
    get = attrgetter(field.source)
    if isinstance(field, Shown):
        below = field.readers()
        return lambda row: _show(below, get(row))
    return _or_null(get) if "." in field.source else get


def _or_null(get: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def read(row: Any) -> Any:
        try:
            return get(row)
        except AttributeError:
            return None

    return read


class MasterDataSerializer(serializers.ModelSerializer):
    """Field validators, `clean` and constraints of the model hold here too; a twin is a 409, the rest a 400."""

    serializer_choice_field = AnyCaseChoiceField
    serializer_related_field = IdField
    serializer_field_mapping = {
        **serializers.ModelSerializer.serializer_field_mapping,
        models.DateTimeField: AwareDateTimeField,
        models.DateField: PlausibleDateField,
        models.TimeField: WallTimeField,
    }

    def build_standard_field(self, field_name: str, model_field: Any) -> Any:
        field_class, kwargs = super().build_standard_field(field_name, model_field)
        validators = kwargs.get("validators")
        if validators is not None:
            kwargs["validators"] = [v for v in validators if not isinstance(v, UniqueValidator)]
        return field_class, kwargs

    def get_unique_together_validators(self) -> list[Any]:
        return []

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        model: Any = self.Meta.model
        row = copy.copy(self.instance) if self.instance else model()
        columns = {field.name for field in row._meta.concrete_fields}
        for name in columns & set(attrs):
            setattr(row, name, attrs[name])
        try:
            row.full_clean()
        except DjangoValidationError as exc:
            raise self._refusal(exc) from exc
        return attrs

    def _refusal(self, exc: DjangoValidationError) -> Exception:
        names = {field.source: name for name, field in self.fields.items()}
        errors: dict[str, list[str]] = {}
        faults = [(column, fault) for column, found in exc.error_dict.items() for fault in found]
        for column, fault in faults:
            if column == NON_FIELD_ERRORS:
                column = (fault.params or {}).get("unique_check", ["non_field_errors"])[-1]
            errors.setdefault(names.get(column, column), []).extend(fault.messages)
        if all(fault.code in TWIN for _column, fault in faults):
            return Duplicate(errors=errors)
        return serializers.ValidationError(errors)
