"""Filters of the lists of people."""

from __future__ import annotations

from typing import Any

import django_filters
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.models import Employee, User
from accounts.roles import role_named


class YesOrNo(django_filters.TypedChoiceFilter):
    """true or false (1 or 0); anything else is refused, where django-filter's own would ignore it."""

    def __init__(self, **kwargs: Any) -> None:
        words = ("true", "false", "True", "False", "1", "0")
        choices = [(word, word) for word in words]
        super().__init__(choices=choices, coerce=lambda word: word in ("true", "True", "1"), **kwargs)


class UserFilter(django_filters.FilterSet):
    role = django_filters.CharFilter(method="of_role", help_text="A role or its alias, in any case.")
    department = django_filters.CharFilter(lookup_expr="iexact")

    is_active = YesOrNo()

    class Meta:
        model = User
        fields = ("role", "department", "is_active")

    def of_role(self, queryset: QuerySet[User], name: str, value: str) -> QuerySet[User]:
        try:
            return queryset.filter(role=role_named(value))
        except ValueError as exc:
            raise ValidationError({name: [_("Not a role.")]}) from exc


class EmployeeFilter(django_filters.FilterSet):
    department = django_filters.CharFilter(lookup_expr="iexact")
    position = django_filters.CharFilter(lookup_expr="iexact")

    class Meta:
        model = Employee
        fields = ("department", "position", "badge", "user")
