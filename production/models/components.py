"""What units are made from: lots of components, and how much of which went into which unit."""

from __future__ import annotations

from decimal import Decimal

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from core.ledger import AuditedModel
from core.models import Stamped
from equipment.models import code_rule
from production.choices import COMPONENT_TRANSITIONS, ComponentStatus
from production.models.routes import Process
from production.models.units import Lot, Serial


class ComponentLot(Stamped, AuditedModel):
    """A delivery of one part, or (`made_in`) a lot of our own that goes into other products.

    `consumed` follows the scans; it never exceeds `quantity`.
    """

    TRANSITIONS = COMPONENT_TRANSITIONS

    part_code = models.CharField(_("part"), max_length=100, validators=[code_rule])
    lot_number = models.CharField(_("component lot"), max_length=100, validators=[code_rule])
    supplier = models.CharField(_("supplier"), max_length=200, blank=True)
    quantity = models.DecimalField(
        _("quantity"), max_digits=16, decimal_places=4, validators=[MinValueValidator(Decimal("0.0001"))]
    )
    consumed = models.DecimalField(_("consumed"), max_digits=16, decimal_places=4, default=0)
    made_in = models.ForeignKey(
        Lot,
        verbose_name=_("made in our lot"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="as_component",
    )
    status = models.CharField(
        _("status"), max_length=12, choices=ComponentStatus.choices, default=ComponentStatus.AVAILABLE
    )

    class Meta:
        verbose_name = _("component lot")
        verbose_name_plural = _("component lots")
        ordering = ("-id",)
        indexes = [models.Index(fields=["part_code", "id"], name="production_component_part")]
        constraints = [
            models.UniqueConstraint(
                Lower("lot_number"),
                name="production_componentlot_number_unique",
                violation_error_code="unique",
                violation_error_message=_("A component lot with this number exists already."),
            ),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="production_componentlot_some"),
            models.CheckConstraint(
                condition=Q(consumed__gte=0, consumed__lte=F("quantity")),
                name="production_componentlot_never_overdrawn",
            ),
        ]
        permissions = [
            ("quarantine_componentlot", "Can block and release component lots"),
            ("consume_componentlot", "Can scan components into units"),
        ]

    def __str__(self) -> str:
        return f"{self.part_code} {self.lot_number}"

    def clean(self) -> None:
        """Raises ValidationError where more was used than there is said to be."""
        if self.quantity is not None and self.quantity < self.consumed:
            raise ValidationError({"quantity": _("More than that was used already.")})


class Consumption(models.Model):
    """So much of a component lot went into a unit, at a step: one scan."""

    component_lot = models.ForeignKey(ComponentLot, on_delete=models.PROTECT, related_name="consumptions")
    serial = models.ForeignKey(Serial, on_delete=models.PROTECT, related_name="components")
    process = models.ForeignKey(Process, null=True, on_delete=models.PROTECT, related_name="+")
    quantity = models.DecimalField(max_digits=16, decimal_places=4)
    operator = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("component used")
        verbose_name_plural = _("components used")
        ordering = ("-at", "-id")
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="production_consumption_some"),
        ]

    def __str__(self) -> str:
        return f"{self.component_lot_id} → {self.serial_id}"
