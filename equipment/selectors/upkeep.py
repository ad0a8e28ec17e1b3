"""Questions about upkeep: what a fault code means."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q

from equipment.choices import StandardFault
from equipment.models import FaultCode, Machine


@dataclass(frozen=True, slots=True)
class KnownFault:
    """What is known of a fault before anybody looked; `remedy` may be empty."""

    code: str
    severity: str
    description: str
    remedy: str


def known_fault(*, machine: Machine, fault_code: str) -> KnownFault | None:
    """The catalogue's entry for this machine, of its type before that of every machine; else the standard fault."""
    of_type = Q(machine_type="") | Q(machine_type__iexact=machine.machine_type)
    entries = FaultCode.objects.filter(of_type, code__iexact=fault_code, is_active=True)
    entry = entries.order_by("-machine_type").first()
    if entry is not None:
        return KnownFault(entry.code, entry.severity, entry.description or entry.name, entry.remedy)
    standard = next((fault for fault in StandardFault if fault == fault_code.upper()), None)
    if standard is None:
        return None
    return KnownFault(fault_code, standard.severity, str(standard.label), "")
