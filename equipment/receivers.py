"""A change of the calendar is announced whoever made it: API, admin or code."""

from __future__ import annotations

from typing import Any

from django.db.models.signals import post_delete, post_save, pre_save
from django.dispatch import receiver

from equipment.models import Area, CalendarException, Line, ShiftPattern, Site
from equipment.signals import calendar_changed

RULES = (ShiftPattern, CalendarException)
PLACES = (Site, Area, Line)


def _tell(*, line_id: int | None = None, site_id: int | None = None) -> None:
    calendar_changed.send(sender=None, line_id=line_id, site_id=site_id)


@receiver(pre_save)
def remember(sender: type, instance: Any, **kwargs: Any) -> None:
    """Keep what the row said before: after the save nobody knows it any more."""
    if sender in RULES + PLACES:
        instance.values_before = dict(instance.loaded_values or {})


@receiver(post_save)
def tell_rule(sender: type, instance: Any, **kwargs: Any) -> None:
    """A rule counts for whom it holds now, and for whom it held before."""
    if sender in RULES:
        before = instance.values_before
        now = (instance.line_id, instance.site_id)
        for line_id, site_id in {now, (before.get("line_id"), before.get("site_id"))} - {(None, None)}:
            _tell(line_id=line_id, site_id=site_id)


@receiver(post_delete)
def tell_rule_gone(sender: type, instance: Any, **kwargs: Any) -> None:
    if sender in RULES:
        _tell(line_id=instance.line_id, site_id=instance.site_id)


@receiver(post_save, sender=Site)
def tell_zone(sender: type, instance: Site, **kwargs: Any) -> None:
    """Another zone moves every shift of the site."""
    if _differs(instance, "timezone"):
        _tell(site_id=instance.pk)


@receiver(post_save, sender=Line)
@receiver(post_save, sender=Area)
def tell_move(sender: type, instance: Any, **kwargs: Any) -> None:
    """A line that comes under another site lives by its calendar."""
    moved = _differs(instance, "site_id" if sender is Area else "area_id")
    for line in (instance.lines.all() if sender is Area else [instance]) if moved else []:
        _tell(line_id=line.pk)


def _differs(instance: Any, attribute: str) -> bool:
    before = instance.values_before
    return attribute in before and before[attribute] != getattr(instance, attribute)
