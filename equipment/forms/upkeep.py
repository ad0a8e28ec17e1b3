"""What people say about faults, maintenance orders and the catalogue."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from equipment.actions import MAX_WHY
from equipment.choices import Urgency
from equipment.forms.stops import ClockField, MachineField
from equipment.models import code_rule

MAX_TEXT = 2000


def _text(label: Any, **options: Any) -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": 3})
    return forms.CharField(label=label, max_length=MAX_TEXT, required=False, widget=widget, **options)


class FaultForm(forms.Form):
    machine = MachineField()
    fault_code = forms.CharField(
        label=_("Fault code"),
        max_length=50,
        validators=[code_rule],
        widget=forms.TextInput(attrs={"list": "fault-codes", "autocomplete": "off"}),
        help_text=_("Of the catalogue, or any other."),
    )
    severity = forms.ChoiceField(
        label=_("How bad it is"),
        required=False,
        choices=[("", _("As the catalogue says")), *Urgency.choices],
    )
    description = _text(_("What is wrong"))
    occurred_at = ClockField(label=_("Since"), required=False, help_text=_("Left empty: since this moment."))


class ResolveForm(forms.Form):
    resolution_notes = _text(_("What it was"))


class CompleteForm(forms.Form):
    notes = _text(_("What was done"))


class CancelForm(forms.Form):
    reason = forms.CharField(
        label=_("Why it will not be done"), max_length=MAX_WHY, help_text=_("Kept in the audit trail.")
    )


class FaultCodesForm(forms.Form):
    file = forms.FileField(
        label=_("CSV file"),
        help_text=_("Columns: code, name; if you like also machine_type, description, severity, remedy."),
    )
    keep = forms.BooleanField(
        label=_("Keep it"), required=False, help_text=_("Without this tick it is only read and reported.")
    )
