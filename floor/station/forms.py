"""Forms of the station. The step's own form is made from the definitions of what its process measures."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from andon.choices import EventType
from production.choices import Result
from production.criteria import MAX_MEASUREMENTS, Criteria, Definition, criteria_of, faults_of, number_in
from production.models import MAX_NOTES, ComponentLot, Process, ProcessData

START = "START"
MAX_CODE, MAX_TEXT, MAX_NUMBER, MAX_SCAN, MAX_REASON = 100, 500, 50, 100, 500
TRUTH = {"true": True, "false": False}
PREFIX = "measured-"


class DeedForm(forms.Form):
    """One deed. `key` makes a second press harmless."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    unit = forms.CharField(max_length=MAX_SCAN, required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        initial = {"key": uuid.uuid4(), **(kwargs.pop("initial", None) or {})}
        kwargs.setdefault("auto_id", f"{type(self).__name__}-%s")  # several forms share the page
        super().__init__(*args, initial=initial, **kwargs)

    def field_named(self, name: str) -> str | None:
        """The field that a refusal speaks of; None where this form has none of that name."""
        return name if name in self.fields else None


class ReworkForm(DeedForm):
    """A failed unit is tried again."""

    reason = forms.CharField(label=_("What is done to mend it?"), max_length=MAX_REASON)


class ComponentForm(DeedForm):
    """So much of a component lot goes into the unit, at this step."""

    component_lot = forms.CharField(label=_("Component lot"), max_length=MAX_SCAN)
    quantity = forms.DecimalField(
        label=_("Quantity"),
        max_digits=16,
        decimal_places=4,
        min_value=Decimal("0.0001"),
        initial=1,
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.initial.get("component_lot"):  # it was scanned: only the quantity is left to say
            self.fields["quantity"].widget.attrs["data-scanned"] = ""

    def clean_component_lot(self) -> ComponentLot:
        number = self.cleaned_data["component_lot"]
        found = ComponentLot.objects.filter(lot_number__iexact=number).first()
        if found is None:
            raise forms.ValidationError(gettext("There is no component lot of this number."))
        return found


class CallForm(DeedForm):
    """Help is wanted, in one touch."""

    event_type = forms.ChoiceField(choices=EventType.choices)


class Codes(forms.MultipleChoiceField):
    """Codes offered as buttons; one that has left the offer meanwhile is taken all the same."""

    widget = forms.CheckboxSelectMultiple

    def valid_value(self, value: Any) -> bool:
        return 0 < len(str(value)) <= MAX_CODE and "\x00" not in str(value)


class StepForm(DeedForm):
    """Start a step, or end it: what was measured, how it went, and what was wrong."""

    result = forms.ChoiceField(choices=[(START, START), *Result.choices])
    defects = Codes(label=_("What is wrong?"), required=False)
    defect_code = forms.CharField(label=_("Another defect code"), max_length=MAX_CODE, required=False)
    notes = forms.CharField(
        label=_("Note"), max_length=MAX_NOTES, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    override_reason = forms.CharField(label=_("Why out of order?"), max_length=MAX_REASON, required=False)

    def __init__(
        self,
        *args: Any,
        process: Process,
        record: ProcessData | None = None,
        common: Sequence[str] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.criteria: Criteria = criteria_of(process.quality_criteria)
        self.fields["defects"].choices = [(code, code) for code in common]
        known = record.measurements if record else {}
        for index, definition in enumerate(self.criteria.definitions[:MAX_MEASUREMENTS]):
            field = _field(definition)
            field.initial = _shown(known.get(definition.name))
            self.fields[f"{PREFIX}{index}"] = field

    @property
    def measured(self) -> Iterator[tuple[forms.BoundField, Definition]]:
        """Each measurement's field with its definition, in the order of the definitions."""
        for index, definition in enumerate(self.criteria.definitions):
            yield self[f"{PREFIX}{index}"], definition

    def field_named(self, name: str) -> str | None:
        names = [f"measurements.{definition.name}" for definition in self.criteria.definitions]
        return f"{PREFIX}{names.index(name)}" if name in names else super().field_named(name)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        data["measurements"] = self._measurements(data)
        self._hold_against_limits(data)
        data["found"] = [*data.get("defects", []), *filter(None, [data.get("defect_code")])]
        if data.get("result") == Result.FAIL and not data["found"] and not data.get("notes"):
            self.add_error("defects", gettext("Say what is wrong: a defect code, or a note."))
        return data

    def _measurements(self, data: dict[str, Any]) -> dict[str, Any]:
        """By name, in their own types; what was left empty is left out."""
        typed = {
            definition.name: data.get(f"{PREFIX}{index}", "")
            for index, definition in enumerate(self.criteria.definitions)
        }
        return {name: value for name, value in typed.items() if value not in ("", None)}

    def _hold_against_limits(self, data: dict[str, Any]) -> None:
        fields = {definition.name: f"{PREFIX}{i}" for i, definition in enumerate(self.criteria.definitions)}
        passed = data.get("result") == Result.PASS
        for name, sentence in faults_of(self.criteria, data["measurements"], passed=passed):
            if fields[name] not in self.errors:
                self.add_error(fields[name], sentence)


class NumberField(forms.CharField):
    """A number as people type it, with its unit or without, with a point or a comma."""

    def __init__(self, *, unit: str, **kwargs: Any) -> None:
        self.unit = unit
        super().__init__(max_length=MAX_NUMBER, **kwargs)

    def clean(self, value: Any) -> Any:
        """A float, or an int where it is whole; "" for nothing."""
        text = super().clean(value)
        if not text:
            return ""
        number = number_in(text.replace(",", ".") if text.count(",") == 1 else text, self.unit)
        if number is None:
            raise forms.ValidationError(gettext("A number is wanted."))
        return int(number) if number.is_integer() and abs(number) < 2**53 else number


class TruthField(forms.ChoiceField):
    """Yes or no; nothing until somebody says it."""

    def __init__(self, **kwargs: Any) -> None:
        choices = [("true", _("Yes")), ("false", _("No"))]
        super().__init__(choices=choices, widget=forms.RadioSelect, **kwargs)

    def clean(self, value: Any) -> Any:
        return TRUTH.get(super().clean(value), "")


def _field(definition: Definition) -> forms.Field:
    common: dict[str, Any] = {"label": definition.label, "required": False}
    if definition.kind == "number":
        return NumberField(unit=definition.unit, widget=_number_input(definition), **common)
    if definition.kind == "bool":
        return TruthField(**common)
    if definition.kind == "choice":
        choices = [(choice, choice) for choice in definition.choices]
        return forms.ChoiceField(choices=choices, widget=forms.RadioSelect, **common)
    return forms.CharField(max_length=MAX_TEXT, **common)


def _number_input(definition: Definition) -> forms.TextInput:
    """With its limits, for the mark that follows the typing."""
    limits = {"data-lower": definition.lower, "data-upper": definition.upper}
    shown = {name: f"{limit:.15g}" for name, limit in limits.items() if limit is not None}
    return forms.TextInput(
        attrs={"inputmode": "decimal", "autocomplete": "off", "data-unit": definition.unit, **shown}
    )


def _shown(value: Any) -> Any:
    """A stored value as its input writes it."""
    return str(value).lower() if isinstance(value, bool) else value
