"""What a process measures: the definitions inside its quality criteria, and values held against them. Pure.

`quality_criteria` = {"strict": false, "measurements": [{"name", "label", "unit", "kind", "lower", "upper", "choices",
"required"}], …}. A value of kind number may come as text, with its unit or without: "0.05mm" where the unit is mm.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import orjson
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from core.nesting import within_range

KINDS = ("number", "text", "bool", "choice")
MAX_MEASUREMENTS = 200
MAX_NAME = 100
KEYS = frozenset({"name", "label", "unit", "kind", "lower", "upper", "choices", "required"})


@dataclass(frozen=True, slots=True)
class Definition:
    """One value that a step measures. Limits are inclusive, in `unit`; None is no limit."""

    name: str
    label: str
    unit: str
    kind: str
    lower: float | None
    upper: float | None
    choices: tuple[str, ...]
    required: bool

    @property
    def limits(self) -> str:
        """For people: 0.03–0.08 mm, ≥ 3 V, ≤ 7."""
        if self.lower is not None and self.upper is not None:
            text = f"{self.lower:g}–{self.upper:g}"
        elif self.lower is not None:
            text = f"≥ {self.lower:g}"
        elif self.upper is not None:
            text = f"≤ {self.upper:g}"
        else:
            return ""
        return f"{text} {self.unit}".strip()


@dataclass(frozen=True, slots=True)
class Criteria:
    """The definitions of a process; `strict` refuses what is not among them."""

    strict: bool
    definitions: tuple[Definition, ...]


NOTHING = Criteria(False, ())


def criteria_of(stored: Mapping[str, Any]) -> Criteria:
    """The criteria of a process, from its column."""
    if not stored or not (stored.get("measurements") or stored.get("strict")):
        return NOTHING
    try:
        text = orjson.dumps(stored, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:
        text = orjson.dumps(within_range(stored), option=orjson.OPT_SORT_KEYS)
    return _read(text)


@lru_cache(maxsize=512)
def _read(text: bytes) -> Criteria:
    stored = orjson.loads(text)
    return Criteria(
        bool(stored.get("strict", False)), tuple(_definition(d) for d in stored.get("measurements") or ())
    )


def _definition(given: Mapping[str, Any]) -> Definition:
    return Definition(
        name=given["name"],
        label=given.get("label") or given["name"],
        unit=given.get("unit") or "",
        kind=given.get("kind") or "number",
        lower=given.get("lower"),
        upper=given.get("upper"),
        choices=tuple(given.get("choices") or ()),
        required=bool(given.get("required", False)),
    )


def faults_of(
    criteria: Criteria, measurements: Mapping[str, Any], *, passed: bool
) -> Iterator[tuple[str, str]]:
    """What is wrong with these measurements, as (name, sentence).

    Whatever the result, a value must be of its kind, and known where the step is strict. Only a PASS must have every
    required value, and each within its limits: a FAIL is there to tell what was out.
    """
    if criteria.strict:
        known = {definition.name for definition in criteria.definitions}
        for name in measurements.keys() - known:
            yield name, _("This step measures no such value.")
    for definition in criteria.definitions:
        value = measurements.get(definition.name)
        if value is None or value == "":
            if passed and definition.required:
                yield definition.name, _("A PASS needs this value.")
        else:
            fault = _fault(definition, value, passed)
            if fault:
                yield definition.name, fault


def _fault(definition: Definition, value: Any, passed: bool) -> str | None:
    if definition.kind == "number":
        return _number_fault(definition, value, passed)
    if definition.kind == "bool":
        return None if isinstance(value, bool) else _("Either true or false.")
    if definition.kind == "choice":
        return (
            None
            if value in definition.choices
            else _("One of %(choices)s.") % {"choices": ", ".join(definition.choices)}
        )
    return None if isinstance(value, str) else _("A text is wanted.")


def _number_fault(definition: Definition, value: Any, passed: bool) -> str | None:
    number = number_in(value, definition.unit)
    if number is None:
        return _("A number is wanted.")
    below = definition.lower is not None and number < definition.lower
    above = definition.upper is not None and number > definition.upper
    if passed and (below or above):
        return _("%(value)s is outside the limits %(limits)s: this is no PASS.") % {
            "value": f"{number:g}",
            "limits": definition.limits,
        }
    return None


def number_in(value: Any, unit: str = "") -> float | None:
    """The finite number a value stands for, or None: 0.05, "0.05", "0.05 mm" where the unit is mm."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        text = value.strip()
        value = text.removesuffix(unit).strip() if unit else text
        if len(value) > 50 or "_" in value:
            return None
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def validate_criteria(value: Any) -> None:
    """Raises ValidationError unless it is an object whose `measurements`, where there are any, can be measured."""
    from production.models.products import validate_specifications

    validate_specifications(value)
    if not isinstance(value.get("strict", False), bool):
        raise ValidationError(_("strict: either true or false."))
    definitions = value.get("measurements", [])
    if not isinstance(definitions, list) or len(definitions) > MAX_MEASUREMENTS:
        raise ValidationError(
            _("measurements: a list of at most %(most)d definitions.") % {"most": MAX_MEASUREMENTS}
        )
    names = [_checked(given, place) for place, given in enumerate(definitions, 1)]
    if len(set(names)) < len(names):
        raise ValidationError(_("measurements: two of them have the same name."))


def _checked(given: Any, place: int) -> str:
    """The name of a definition that holds together, or a ValidationError that names its place."""

    def refuse(why: str) -> ValidationError:
        return ValidationError(_("measurements, number %(place)d: %(why)s") % {"place": place, "why": why})

    if not isinstance(given, dict):
        raise refuse(_("an object is required."))
    name = given.get("name")
    if not isinstance(name, str) or not name.strip() or len(name) > MAX_NAME:
        raise refuse(_("a name is required."))
    if given.get("kind", "number") not in KINDS:
        raise refuse(_("its kind is one of %(kinds)s.") % {"kinds": ", ".join(KINDS)})
    for key in ("label", "unit"):
        if not isinstance(given.get(key) or "", str):
            raise refuse(_("%(key)s is a text.") % {"key": key})
    if not isinstance(given.get("required", False), bool):
        raise refuse(_("required is either true or false."))
    _check_limits(given, refuse)
    return name


def _check_limits(given: dict[str, Any], refuse: Any) -> None:
    limits = [given.get("lower"), given.get("upper")]
    for limit in limits:
        if limit is not None and (isinstance(limit, bool | str) or number_in(limit) is None):
            raise refuse(_("limits are numbers."))
    lower, upper = limits
    if lower is not None and upper is not None and lower > upper:
        raise refuse(_("its lower limit lies above the upper one."))
    choices = given.get("choices") or []
    if not isinstance(choices, list) or not all(isinstance(choice, str) and choice for choice in choices):
        raise refuse(_("choices is a list of texts."))
    if given.get("kind") == "choice" and not choices:
        raise refuse(_("a choice needs its choices."))
