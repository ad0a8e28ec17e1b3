"""Calendar rows as people fill them in: days to tick, breaks one to a line."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminTextareaWidget

from equipment.calendar_rows import parse_breaks, parse_clock
from equipment.models import Line, Machine, ShiftPattern

BREAK_LINE = re.compile(r"(.+?)\s*(?:-|–|—|~|to)\s*(.+)", re.DOTALL)


class WeekdaysField(forms.TypedMultipleChoiceField):
    """Monday to Sunday to tick; kept as 0 to 6."""

    def __init__(self, **kwargs: Any) -> None:
        given = {
            "choices": list(WEEKDAYS.items()),
            "coerce": int,
            "widget": UnfoldAdminCheckboxSelectMultipleWidget,
        }
        super().__init__(**{**given, **kwargs})


class BreaksField(forms.CharField):
    """`10:00 – 10:30`, one to a line; kept as a list of {start_time, end_time}."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}), **kwargs)

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, list):
            return value
        return "\n".join(
            f"{start.isoformat('auto')[:5]} – {end.isoformat('auto')[:5]}"
            for start, end in parse_breaks(value)
        )

    def to_python(self, value: Any) -> Any:
        if isinstance(value, list):
            return value
        lines = (line.strip() for line in (super().to_python(value) or "").splitlines())
        return [self._pause(line) for line in lines if line]

    def _pause(self, line: str) -> dict[str, str]:
        match = BREAK_LINE.fullmatch(line)
        if match is None:
            raise ValidationError(
                _("“%(line)s” is not a break such as 10:00 – 10:30."), params={"line": line[:40]}
            )
        start, end = (parse_clock(text) for text in match.groups())
        return {"start_time": start.isoformat(), "end_time": end.isoformat()}


class ShiftPatternForm(forms.ModelForm):
    weekdays = WeekdaysField(label=_("Weekdays"), required=False)
    breaks = BreaksField(
        label=_("Breaks"),
        required=False,
        help_text=_("One to a line, as 10:00 – 10:30, on the clock of the site."),
    )

    class Meta:
        model = ShiftPattern
        fields = "__all__"  # noqa: DJ007  what is left out by the admin is left out here


class LineForm(forms.ModelForm):
    """The constraint is chosen among the line's own machines."""

    class Meta:
        model = Line
        fields = "__all__"  # noqa: DJ007
        widgets = {"description": UnfoldAdminTextareaWidget(attrs={"rows": 3})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "constraint_machine" in self.fields:
            own = (
                Machine.objects.filter(line=self.instance.pk) if self.instance.pk else Machine.objects.none()
            )
            self.fields["constraint_machine"].queryset = own
