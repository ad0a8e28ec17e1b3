"""How a product is made: processes with what is measured in them, and the routes of products through them."""

from __future__ import annotations

from typing import Any

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from core.ledger import AuditedModel, GuardedQuerySet
from core.models import MasterData
from equipment.models import code_rule
from production.criteria import validate_criteria
from production.models.products import ProductModel


class ProcessQuerySet(GuardedQuerySet):
    """Processes."""

    def active(self) -> ProcessQuerySet:
        """Those that may be recorded."""
        return self.filter(is_active=True)

    def in_order(self) -> ProcessQuerySet:
        """As a unit passes through them where its product has no route of its own."""
        return self.order_by("sort_order", "process_number", "pk")


class Process(MasterData):
    """One step of making: what is done, how long it should take, and what is measured in it.

    `quality_criteria` = {"strict": bool, "measurements": [{name, label, unit, kind, lower, upper, choices,
    required}], …}; other keys are kept (production/criteria.py). A label process may run after a FAIL.
    """

    process_number = models.PositiveIntegerField(
        _("number"),
        unique=True,
        validators=[MinValueValidator(1)],
        error_messages={"unique": _("This number is taken.")},
    )
    process_code = models.CharField(_("code"), max_length=50, validators=[code_rule])
    process_name_ko = models.CharField(_("name (Korean)"), max_length=200, blank=True)
    process_name_en = models.CharField(_("name (English)"), max_length=200, blank=True)
    description = models.TextField(_("description"), blank=True)
    estimated_duration_seconds = models.PositiveIntegerField(
        _("estimated duration (s)"), null=True, blank=True
    )
    quality_criteria = models.JSONField(
        _("quality criteria"), default=dict, blank=True, validators=[validate_criteria]
    )
    is_label = models.BooleanField(
        _("prints the label"),
        default=False,
        help_text=_("May run for a failed unit, so that rejects carry a label."),
    )
    is_active = models.BooleanField(_("active"), default=True)
    sort_order = models.IntegerField(_("order"), default=0)

    objects = ProcessQuerySet.as_manager()

    class Meta:
        verbose_name = _("process")
        verbose_name_plural = _("processes")
        ordering = ("sort_order", "process_number", "pk")
        constraints = [
            models.UniqueConstraint(
                Lower("process_code"),
                name="production_process_code_unique",
                violation_error_code="unique",
                violation_error_message=_("A process with this code exists already."),
            ),
            models.CheckConstraint(
                condition=Q(process_number__gte=1), name="production_process_number_positive"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.process_code} {self.name}".strip()

    @property
    def name(self) -> str:
        """In English, or in Korean where there is no English one."""
        return self.process_name_en or self.process_name_ko or self.process_code


class Route(MasterData):
    """The processes of a product in their order. A product without a route passes all active ones."""

    product = models.OneToOneField(ProductModel, on_delete=models.PROTECT, related_name="route")

    class Meta:
        verbose_name = _("route")
        verbose_name_plural = _("routes")
        ordering = ("product__model_code",)

    def __str__(self) -> str:
        return f"{self.product}"


class RouteStep(AuditedModel):
    """One process of a route at its place, 1 being the first."""

    route = models.ForeignKey(Route, on_delete=models.CASCADE, related_name="steps")
    process = models.ForeignKey(Process, on_delete=models.PROTECT, related_name="route_steps")
    position = models.PositiveSmallIntegerField(_("position"), validators=[MinValueValidator(1)])

    class Meta:
        verbose_name = _("step of a route")
        verbose_name_plural = _("steps of a route")
        ordering = ("route", "position")
        default_permissions: Any = ()
        constraints = [
            models.UniqueConstraint(
                fields=["route", "position"],
                name="production_routestep_position_once",
                deferrable=models.Deferrable.DEFERRED,
            ),
            models.UniqueConstraint(fields=["route", "process"], name="production_routestep_process_once"),
            models.CheckConstraint(
                condition=Q(position__gte=1), name="production_routestep_position_positive"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.position} {self.process_id}"
