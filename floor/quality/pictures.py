"""Run chart, individuals chart and chart of moving ranges: what is drawn, the same as tables, and a sentence each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import median
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from floor.charts import Chart
from floor.quality.values import Measure, Value
from production.spc import Capability, Limits, capability_of, limits_of, moving_ranges, signals_of

DIGITS = 5  # significant ones of what is worked out
TYPED = 12  # of what was measured: as it was


@dataclass(frozen=True)
class Study:
    """The values of a measure, held against limits that are estimated from themselves (phase I)."""

    measure: Measure
    values: Sequence[Value]
    rules: Sequence[int]

    @property
    def numbers(self) -> list[float]:
        return [value.number for value in self.values]

    @cached_property
    def limits(self) -> Limits | None:
        return limits_of(self.numbers)

    @cached_property
    def signals(self) -> dict[int, list[int]]:
        """Index of a value → the rules that speak there."""
        spoken: dict[int, list[int]] = {}
        for signal in signals_of(self.numbers, self.limits, self.rules) if self.limits else ():
            spoken.setdefault(signal.index, []).append(signal.rule)
        return spoken

    @property
    def capability(self) -> Capability | None:
        """Against the limits of the definition; None where there are none, or too few values."""
        definition = self.measure.definition
        if self.limits is None or (definition.lower is None and definition.upper is None):
            return None
        return capability_of(
            mean=self.limits.centre,
            sigma=self.limits.sigma,
            lower=definition.lower,
            upper=definition.upper,
        )

    @cached_property
    def outside(self) -> set[int]:
        """Where a value lies outside the limits of the definition."""
        lower, upper = self.measure.definition.lower, self.measure.definition.upper
        return {
            index
            for index, number in enumerate(self.numbers)
            if (lower is not None and number < lower) or (upper is not None and number > upper)
        }


def shown(number: float | None, digits: int = DIGITS) -> str:
    """As people read a number; nothing is a dash."""
    return "–" if number is None else f"{number:.{digits}g}"


def run_chart(study: Study) -> Chart:
    """Every value in its order, with the median and the limits of the definition."""
    definition = study.measure.definition
    middle = median(study.numbers) if study.values else None
    lines = [(_("Lower limit"), definition.lower, "limit"), (_("Upper limit"), definition.upper, "limit")]
    count = len(study.outside)
    text = ngettext("%(n)d value lies outside its limits.", "%(n)d values lie outside their limits.", count)
    return _chart(
        study,
        study.numbers,
        [(_("Median"), middle, "centre"), *lines],
        {index: _("outside the limits") for index in study.outside},
        (text % {"n": count}) if definition.limits else "",
    )


def individuals_chart(study: Study) -> Chart | None:
    """Each value against the natural limits of the process."""
    limits = study.limits
    if limits is None:
        return None
    lines = [
        (_("Mean"), limits.centre, "centre"),
        (_("Lower control limit"), limits.lower, "limit"),
        (_("Upper control limit"), limits.upper, "limit"),
    ]
    count = len(study.signals)
    text = ngettext("%(n)d value is a signal.", "%(n)d values are signals.", count) % {"n": count}
    return _chart(study, study.numbers, lines, _spoken(study), text)


def ranges_chart(study: Study) -> Chart | None:
    """From each value to the next."""
    limits = study.limits
    if limits is None:
        return None
    ranges: list[float | None] = [None, *moving_ranges(study.numbers)]
    beyond = {
        index: _("beyond the limit")
        for index, one in enumerate(ranges)
        if one is not None and one > limits.upper_range
    }
    lines = [
        (_("Mean range"), limits.mean_range, "centre"),
        (_("Upper control limit"), limits.upper_range, "limit"),
    ]
    text = ngettext("%(n)d step is beyond the limit.", "%(n)d steps are beyond the limit.", len(beyond))
    return _chart(study, ranges, lines, beyond, text % {"n": len(beyond)})


PICTURES = {"run": run_chart, "individuals": individuals_chart, "ranges": ranges_chart}


def _spoken(study: Study) -> dict[int, str]:
    return {
        index: _("rule %(rules)s") % {"rules": ", ".join(map(str, rules))}
        for index, rules in study.signals.items()
    }


def _chart(
    study: Study,
    numbers: Sequence[float | None],
    lines: Sequence[tuple[str, float | None, str]],
    marks: dict[int, str],
    summary: str,
) -> Chart:
    points = [
        {"label": _moment(value), "unit": value.unit, "value": number, "mark": marks.get(index, "")}
        for index, (value, number) in enumerate(zip(study.values, numbers, strict=True))
    ]
    drawn = [
        {"label": label, "value": value, "kind": kind} for label, value, kind in lines if value is not None
    ]
    return Chart(
        data={"measured": study.measure.definition.unit, "points": points, "lines": drawn},
        columns=[_("Time"), _("Unit"), _("Value"), _("Signal")],
        rows=[
            [point["label"], point["unit"], shown(point["value"], TYPED), point["mark"]] for point in points
        ],
        summary=summary,
    )


def rows_for_files(chart: Chart) -> list[list[Any]]:
    """The table with its numbers as numbers, for spreadsheets."""
    return [[point["label"], point["unit"], point["value"], point["mark"]] for point in chart.data["points"]]


def _moment(value: Value) -> str:
    """In the active time zone."""
    return date_format(timezone.localtime(value.at), "Y-m-d H:i")
