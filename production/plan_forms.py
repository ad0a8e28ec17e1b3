"""What people say about schedules and jobs, on the clock of the site (the view sets its zone)."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.roles import codenames_of
from core.api.fields import EARLIEST, LATEST
from equipment.models import Line, Machine
from production.actions.checklists import MAX_ANSWER, MAX_NUMBER
from production.actions.jobs import WORK
from production.actions.plans import MAX_REASON
from production.choices import AnswerType, ProductStatus
from production.events import MAX_PIECES
from production.models import Lot, ProductionSchedule, ProductModel
from production.models.plans import HIGHEST, LOWEST, MAX_TARGET
from production.models.units import OPEN_LOTS
from production.selectors import Asked

MAX_NOTES = 2000


class MomentField(forms.DateTimeField):
    """A moment on the site's clock, to the minute."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")

    def clean(self, value: Any) -> Any:
        moment = super().clean(value)
        if moment is not None and not EARLIEST < moment.date() < LATEST:
            raise ValidationError(_("Must lie between 2000 and 2100."))
        return moment


def _notes() -> forms.CharField:
    return forms.CharField(
        label=_("Notes"), required=False, max_length=MAX_NOTES, widget=forms.Textarea(attrs={"rows": 2})
    )


class PlanForm(forms.Form):
    """What is to be made where and when."""

    line = forms.ModelChoiceField(label=_("Line"), queryset=Line.objects.filter(enabled=True))
    product = forms.ModelChoiceField(
        label=_("Product"), queryset=ProductModel.objects.filter(status=ProductStatus.ACTIVE)
    )
    scheduled_start = MomentField(label=_("Start"))
    scheduled_end = MomentField(label=_("End"))
    target_quantity = forms.IntegerField(label=_("Pieces"), min_value=1, max_value=MAX_TARGET)
    priority = forms.IntegerField(
        label=_("Priority"),
        min_value=LOWEST,
        max_value=HIGHEST,
        initial=5,
        help_text=_("From 1 to 10, 10 hurries most."),
    )
    notes = _notes()


class WorkerField(forms.ModelChoiceField):
    """Somebody who may work on jobs."""

    def __init__(self) -> None:
        roles = [role for role, _name in User._meta.get_field("role").choices if WORK in codenames_of(role)]
        people = User.objects.filter(is_active=True, role__in=roles).order_by("full_name", "username")
        super().__init__(queryset=people, label=_("Worker"))

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj} · {obj.get_role_display()}"


class AssignForm(forms.Form):
    """Who makes a schedule on which machine of its line."""

    machine = forms.ModelChoiceField(label=_("Machine"), queryset=Machine.objects.none())
    lot = forms.ModelChoiceField(label=_("Lot"), queryset=Lot.objects.none(), required=False)
    notes = _notes()

    def __init__(self, *args: Any, schedule: ProductionSchedule, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["user"] = WorkerField()
        lots = Lot.objects.filter(product=schedule.product_id, status__in=OPEN_LOTS)
        self.fields["machine"].queryset = schedule.line.machines.filter(is_active=True).order_by("position")  # type: ignore[attr-defined]
        self.fields["lot"].queryset = lots  # type: ignore[attr-defined]
        self.order_fields(["user", "machine", "lot", "notes"])


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("Why"), max_length=MAX_REASON)


def _pieces(label: Any) -> forms.IntegerField:
    keypad = forms.NumberInput(attrs={"inputmode": "numeric", "class": "keypad"})
    return forms.IntegerField(label=label, required=False, min_value=0, max_value=MAX_PIECES, widget=keypad)


class PiecesForm(forms.Form):
    """Pieces made since the last report; `event_id` makes a second press of the same form count once."""

    good = _pieces(_("Good"))
    scrap = _pieces(_("Scrap"))
    rework = _pieces(_("Rework"))
    event_id = forms.CharField(max_length=100, widget=forms.HiddenInput, initial=lambda: uuid4().hex)

    def clean(self) -> dict[str, Any]:
        """Nothing typed is none."""
        cleaned = super().clean() or {}
        return {
            name: (value or 0) if name in ("good", "scrap", "rework") else value
            for name, value in cleaned.items()
        }


class ChecklistForm(forms.Form):
    """A field per question of the job's line; what is left empty is not answered."""

    def __init__(self, *args: Any, asked: list[Asked], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for one in asked:
            if one.item.is_active:
                self.fields[str(one.item.pk)] = _answer_field(one)


def _answer_field(asked: Asked) -> forms.Field:
    item = asked.item
    given: dict[str, Any] = {
        "label": item.text if item.required else _("%(text)s (optional)") % {"text": item.text},
        "required": False,
        "initial": asked.answer.value if asked.answer else None,
    }
    if item.type == AnswerType.CHECKBOX:
        return forms.BooleanField(**given)
    if item.type == AnswerType.NUMBER:
        return forms.FloatField(min_value=-MAX_NUMBER, max_value=MAX_NUMBER, **given)
    if item.type == AnswerType.SELECT:
        choices = [("", "–"), *((option, option) for option in item.options)]
        return forms.ChoiceField(choices=choices, **given)
    helps = _("Your name, as a signature.") if item.type == AnswerType.SIGNATURE else ""
    return forms.CharField(max_length=MAX_ANSWER, help_text=helps, **given)
