"""What people say about stops, on the clock of the site (the view sets its zone)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from equipment.actions import MAX_WHY
from equipment.models import Machine, StopReason

CLOCKS_DIFFER = timedelta(minutes=5)
EARLIEST_YEAR = 2000
MAX_NOTES = 2000


class ClockField(forms.DateTimeField):
    """A moment of the past on the site's clock."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local", "step": "1"}, format="%Y-%m-%dT%H:%M:%S")

    def clean(self, value: Any) -> datetime | None:
        moment = super().clean(value)
        if moment is not None and moment.year < EARLIEST_YEAR:
            raise ValidationError(_("Must lie between 2000 and 2100."))
        if moment is not None and moment > timezone.now() + CLOCKS_DIFFER:
            raise ValidationError(_("Must not lie in the future."))
        return moment


class ReasonField(forms.ModelChoiceField):
    """A stop reason by its code; the page shows the tree as buttons."""

    def __init__(self, **kwargs: Any) -> None:
        given = {"queryset": StopReason.objects.filter(is_active=True), "to_field_name": "code"}
        super().__init__(**{**given, "label": _("Reason"), "widget": forms.HiddenInput, **kwargs})


def _notes() -> forms.CharField:
    return forms.CharField(
        label=_("Notes"), required=False, max_length=MAX_NOTES, widget=forms.Textarea(attrs={"rows": 2})
    )


class WhyMixin(forms.Form):
    """Asks why where a confirmed stop is to change."""

    def __init__(self, *args: Any, confirmed: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if confirmed:
            self.fields["why"] = forms.CharField(
                label=_("Why it changes after all"),
                max_length=MAX_WHY,
                help_text=_("The stop is confirmed. Why it changes is kept in the audit trail."),
            )


class ExplainForm(WhyMixin):
    reason = ReasonField(error_messages={"required": _("Choose a reason.")})
    notes = _notes()


class SplitForm(WhyMixin):
    reason = ReasonField(error_messages={"required": _("Choose the reason of the second part.")})
    at = ClockField(label=_("From"))


class CloseForm(forms.Form):
    ended_at = ClockField(
        label=_("Runs again since"), required=False, help_text=_("Left empty: since this moment.")
    )


class MachineField(forms.ModelChoiceField):
    """A machine of a line that is in use."""

    def __init__(self, **kwargs: Any) -> None:
        machines = Machine.objects.filter(is_active=True, line__enabled=True).select_related("line")
        super().__init__(queryset=machines, label=_("Machine"), **kwargs)

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.line.name} · {obj}"


class ReportForm(forms.Form):
    machine = MachineField()
    started_at = ClockField(
        label=_("Stands since"), required=False, help_text=_("Left empty: since this moment.")
    )
    reason = ReasonField(required=False, widget=forms.Select)
    notes = _notes()
