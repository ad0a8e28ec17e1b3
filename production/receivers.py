"""A change of an ideal time is announced whoever made it: API, admin or code."""

from __future__ import annotations

from typing import Any

from django.db.models.signals import post_delete, post_save, pre_save
from django.dispatch import receiver

from production.models import StandardRate
from production.signals import rates_changed


@receiver(pre_save, sender=StandardRate)
def tell_what_held(instance: StandardRate, **_: Any) -> None:
    """A changed rate holds no more where it held before."""
    before = instance.loaded_values
    if before:
        _tell(before["product_id"], before["machine_id"], before["valid_from"])


@receiver([post_save, post_delete], sender=StandardRate)
def tell_what_holds(instance: StandardRate, **_: Any) -> None:
    _tell(instance.product_id, instance.machine_id, instance.valid_from)


def _tell(product_id: int, machine_id: int | None, valid_from: Any) -> None:
    rates_changed.send(sender=None, product_id=product_id, machine_id=machine_id, valid_from=valid_from)
