"""Where machines stand."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from core.errors import Invalid
from equipment.models import Line, Machine


@transaction.atomic
def place_machines(*, line: Line, machines: Sequence[Machine]) -> None:
    """The machines of a line are these, in this order; who stood there else stands nowhere now.

    Raises Invalid for a machine of another line or of somebody alone.
    """
    elsewhere = [m.equipment_code for m in machines if m.owner_id or m.line_id not in (None, line.pk)]
    if elsewhere:
        text = _("These stand elsewhere: %(codes)s.") % {"codes": ", ".join(elsewhere)}
        raise Invalid(errors={"equipment_codes": [text]})
    for machine in Machine.objects.filter(line=line).exclude(pk__in=[m.pk for m in machines]):
        _place(machine, None, machine.position)
    for position, machine in enumerate(machines, start=1):
        _place(machine, line, position)


def _place(machine: Machine, line: Line | None, position: int) -> None:
    if (machine.line_id, machine.position) != (line and line.pk, position):
        machine.line, machine.position = line, position
        machine.save(update_fields=["line", "position", "updated_at"])
