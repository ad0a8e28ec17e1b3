"""What is made, and how long a piece of it should take."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from core.models import MasterData
from equipment.models import Machine, code_rule
from production.choices import ProductStatus


def validate_specifications(value: Any) -> None:
    """Raises ValidationError unless it is an object whose texts the database can hold."""
    if not isinstance(value, dict):
        raise ValidationError(_("An object is required."))
    waiting: list[Any] = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            waiting += [*item.keys(), *item.values()]
        elif isinstance(item, list):
            waiting += item
        elif isinstance(item, str) and "\x00" in item:
            raise ValidationError(_("Null characters are not allowed."))


class ProductModel(MasterData):
    """What is sold. Deleting marks it DISCONTINUED: facts point at it for ever."""

    audit_deeds = ()  # the status is a plain column here: PUT may change it, and the edit is entered

    model_code = models.CharField(_("model code"), max_length=50, validators=[code_rule])
    model_name = models.CharField(_("model name"), max_length=200)
    category = models.CharField(_("category"), max_length=100, blank=True)
    production_cycle_days = models.PositiveIntegerField(_("production cycle (days)"), null=True, blank=True)
    specifications = models.JSONField(
        _("specifications"), default=dict, blank=True, validators=[validate_specifications]
    )
    status = models.CharField(
        _("status"), max_length=20, choices=ProductStatus.choices, default=ProductStatus.ACTIVE
    )
    unit_price = models.DecimalField(
        _("unit price"),
        max_digits=14,
        decimal_places=4,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
    )
    currency = models.CharField(_("currency"), max_length=3, blank=True)

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        ordering = ("model_code",)
        constraints = [
            models.UniqueConstraint(
                Lower("model_code"),
                name="production_productmodel_code_unique",
                violation_error_code="unique",
                violation_error_message=_("A product with this model code exists already."),
            ),
            models.CheckConstraint(
                condition=Q(status__in=ProductStatus.values), name="production_productmodel_status_known"
            ),
            models.CheckConstraint(
                condition=Q(unit_price__isnull=True) | Q(unit_price__gte=0),
                name="production_productmodel_price_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.model_code} {self.model_name}".strip()


class StandardRate(MasterData):
    """The ideal cycle time (planned run time per item, PRI) of a product on a machine, from a shift day on.

    Without a machine it holds for every machine that has none of its own.
    """

    product = models.ForeignKey(ProductModel, on_delete=models.PROTECT, related_name="standard_rates")
    machine = models.ForeignKey(
        Machine, null=True, blank=True, on_delete=models.PROTECT, related_name="standard_rates"
    )
    ideal_cycle_seconds = models.DecimalField(
        _("ideal cycle (s per unit)"),
        max_digits=14,
        decimal_places=6,
        validators=[MinValueValidator(Decimal("0.000001"))],
    )
    valid_from = models.DateField(_("valid from"))

    class Meta:
        verbose_name = _("standard rate")
        verbose_name_plural = _("standard rates")
        ordering = ("product__model_code", "-valid_from", "pk")
        constraints = [
            models.UniqueConstraint(
                fields=["product", "machine", "valid_from"],
                nulls_distinct=False,
                name="production_standardrate_one_per_day",
                violation_error_code="unique",
                violation_error_message=_("There is a rate of this day already."),
            ),
            models.CheckConstraint(
                condition=Q(ideal_cycle_seconds__gt=0),
                name="production_standardrate_positive",
                violation_error_message=_("An ideal cycle takes more than 0 seconds."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.product_id} {self.ideal_cycle_seconds} s"
