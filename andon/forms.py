"""Calls, policies, rules and targets as people fill them in."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.models import BaseInlineFormSet
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminPasswordWidget

from andon.actions import MAX_REASON
from andon.choices import Channel, EventType, Priority
from andon.models import AutoRaiseRule, EscalationLevel, NotificationTarget
from andon.models.auto import STOPS
from andon.models.policies import TOLD_ROLES
from andon.rungs import fault_of_rungs
from equipment.models import Line, Machine

MAX_TEXT = 2000


class WordsField(forms.MultipleChoiceField):
    """Words to tick."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=UnfoldAdminCheckboxSelectMultipleWidget, **kwargs)


class EscalationLevelForm(forms.ModelForm):
    roles = WordsField(label=_("Roles"), choices=[(role.value, role.label) for role in TOLD_ROLES])
    channels = WordsField(label=_("Channels"), choices=Channel.choices)

    class Meta:
        model = EscalationLevel
        fields = ("level", "after_minutes", "clock", "roles", "channels")


class EscalationLevelFormSet(BaseInlineFormSet):
    """The levels of a policy climb."""

    def clean(self) -> None:
        super().clean()
        filled = [form.cleaned_data for form in self.forms if _is_filled(form)]
        fault = fault_of_rungs((row["level"], row["clock"], row["after_minutes"]) for row in filled)
        if fault:
            raise ValidationError(fault)


def _is_filled(form: Any) -> bool:
    data = getattr(form, "cleaned_data", {})
    return {"level", "clock", "after_minutes"} <= set(data) and not data.get("DELETE")


class AutoRaiseRuleForm(forms.ModelForm):
    states = WordsField(
        label=_("States"),
        required=False,
        choices=[(state.value, state.label) for state in STOPS],
        help_text=_("Of a machine that is down."),
    )

    class Meta:
        model = AutoRaiseRule
        fields = "__all__"  # noqa: DJ007  what is left out by the admin is left out here


class NotificationTargetForm(forms.ModelForm):
    """The address is written, and never shown again: left empty it stays as it is."""

    url = forms.CharField(
        label=_("Address"),
        max_length=1000,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
        help_text=_("https://… of a webhook, or slack://…, tgram://…, ntfys://… of a messenger."),
    )

    class Meta:
        model = NotificationTarget
        fields = ("kind", "name", "url", "is_active")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and "url" in self.fields:
            self.fields["url"].required = False
            self.initial.pop("url", None)

    def clean_url(self) -> str:
        return str(self.cleaned_data["url"] or self.instance.url)


class RaiseForm(forms.Form):
    """A call of a line, or of one of its machines, which then says the line."""

    event_type = forms.ChoiceField(label=_("What is it about?"), choices=EventType.choices)
    priority = forms.ChoiceField(
        label=_("How urgent is it?"), choices=Priority.choices, initial=Priority.MEDIUM.value
    )
    line = forms.ModelChoiceField(label=_("Line"), queryset=Line.objects.none(), required=False)
    machine = forms.ModelChoiceField(
        label=_("Machine"),
        queryset=Machine.objects.none(),
        required=False,
        help_text=_("Left empty, the whole line calls."),
    )
    description = forms.CharField(
        label=_("What is wrong?"),
        required=False,
        max_length=MAX_TEXT,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        line = self.initial.get("line")
        machines = Machine.objects.filter(line__enabled=True, is_active=True).select_related("line")
        lines: Any = self.fields["line"]
        machine: Any = self.fields["machine"]
        lines.queryset = Line.objects.filter(enabled=True)
        machine.queryset = machines.filter(line=line) if line else machines

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        machine = data.get("machine")
        if machine is not None:
            data["line"] = machine.line
        if data.get("line") is None and not self.errors:
            self.add_error("line", _("Name the line or the machine."))
        return data


class ResolveForm(forms.Form):
    resolution_notes = forms.CharField(
        label=_("What was it?"),
        required=False,
        max_length=MAX_TEXT,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class CancelForm(forms.Form):
    reason = forms.CharField(label=_("Why?"), max_length=MAX_REASON)
