"""Labels printed again: each time has its number, its reason and its place in the audit trail."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from core.db import lock
from core.ledger import record
from equipment.actions.states import ensure_why
from production.models import LabelPrint, Lot, Serial


@transaction.atomic
def reprint_label(*, of: Lot | Serial, reason: str, actor: Any) -> LabelPrint:
    """The label of a lot or a unit once more; 1 is its first reprint. Raises Invalid without a reason."""
    ensure_why(reason, field="reason")
    of = lock(type(of), of.pk)  # numbers the reprints one after the other
    name = "lot" if isinstance(of, Lot) else "serial"
    number = _last_number(name, of) + 1
    made = LabelPrint(number=number, reason=reason, printed_by=actor, at=timezone.now(), **{name: of})
    made.save()
    record("production.label.reprinted", of, actor=actor, reason=reason, new={"number": made.number})
    return made


def _last_number(name: str, of: Lot | Serial) -> int:
    """Of its reprints so far."""
    return int(LabelPrint.objects.filter(**{name: of}).aggregate(last=Max("number"))["last"] or 0)
