"""How figures are written on every page: undefined is a dash (never 0), durations in words, numbers localised."""

from __future__ import annotations

from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from django import template
from django.forms import BoundField, CheckboxInput, FileInput, RadioSelect, Select
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

register = template.Library()

Number = int | float | Decimal
UNDEFINED = "–"
NARROW_NO_BREAK_SPACE = "\u202f"


@register.filter
def percent(ratio: Number | None, places: int = 1) -> str:
    """A fraction of 1 as a percentage with `places` decimals; None is a dash."""
    if ratio is None or ratio == "":
        return UNDEFINED
    return _written(Decimal(str(ratio)) * 100, places) + NARROW_NO_BREAK_SPACE + "%"


@register.filter
def hundred(ratio: Number | None) -> str:
    """A fraction of 1 as the length of a bar: 0 to 100 with a decimal point whatever the language. A bar ends at
    100; the figure beside it does not."""
    return f"{min(max(float(ratio or 0), 0.0), 1.0) * 100:.2f}"


@register.filter
def share(part: Number | None, whole: Number | None) -> str:
    """The length of a bar for `part` of `whole`, as `hundred` gives it; nothing of nothing is an empty bar."""
    return hundred(float(part or 0) / float(whole)) if whole else hundred(None)


@register.filter
def amount(value: Number | None, places: int = 0) -> str:
    """A count with thousands separated; None is a dash."""
    if value is None or value == "":
        return UNDEFINED
    return _written(Decimal(str(value)), places)


@register.filter
def exact(value: Number | None) -> str:
    """A quantity with all the decimals that it has, and no more; None is a dash."""
    if value is None or value == "":
        return UNDEFINED
    number = Decimal(str(value))
    return _written(number, max(0, -int(number.normalize().as_tuple().exponent)))


def _written(number: Decimal, places: int) -> str:
    """Rounded half up, as people do; number_format alone would cut the digits off."""
    rounded = number.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    return number_format(rounded, decimal_pos=places, force_grouping=True)


@register.filter
def cell(value: object) -> object:
    """What a table shows of a value: numbers with thousands separated, nothing as a dash, words as they are."""
    if value is None or value == "":
        return UNDEFINED
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return value
    return amount(value, 0 if value == int(value) else 2)


@register.filter
def seconds(value: Number | None) -> str:
    """Seconds as a plain number: whole where they are whole, else with up to three decimals; None is a dash."""
    if value is None or value == "":
        return UNDEFINED
    exact = Decimal(str(value)).quantize(Decimal("0.001"), rounding=ROUND_HALF_UP)
    places = max(0, -int(exact.normalize().as_tuple().exponent))
    return _written(exact, places) + NARROW_NO_BREAK_SPACE + _("s")


@register.filter
def duration(value: Number | None) -> str:
    """Seconds in the two largest units that matter: "3 d 04 h", "2 h 05 min", "12 min 05 s", "45 s"; None is a dash."""
    if value is None or value == "":
        return UNDEFINED
    whole = round(abs(float(value)))
    sign = "−" if value < 0 and whole else ""
    return sign + _two_units(whole)


def _two_units(seconds: int) -> str:
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if hours >= 100:  # noqa: PLR2004  up to there people count hours
        return _("%(days)d d %(hours)02d h") % {"days": days, "hours": hours % 24}
    if hours:
        return _("%(hours)d h %(minutes)02d min") % {"hours": hours, "minutes": minutes % 60}
    if minutes:
        return _("%(minutes)d min %(seconds)02d s") % {"minutes": minutes, "seconds": seconds % 60}
    return _("%(seconds)d s") % {"seconds": seconds}


@register.filter
def elapsed(moment: datetime | None) -> str:
    """How long ago `moment` was, as a duration; None is a dash."""
    return UNDEFINED if moment is None else duration(max((timezone.now() - moment).total_seconds(), 0))


@register.filter
def control(field: BoundField) -> SafeString:
    """The input of a form field, dressed as a Bootstrap control. Django links help and errors by aria-describedby."""
    dressed = " ".join(filter(None, [field.field.widget.attrs.get("class"), _control_class(field)]))
    return field.as_widget(attrs={"class": dressed})


def _control_class(field: BoundField) -> str:
    widget = field.field.widget
    invalid = " is-invalid" if field.errors else ""
    if isinstance(widget, CheckboxInput | RadioSelect):
        return "form-check-input" + invalid
    if isinstance(widget, Select):
        return "form-select" + invalid
    return "form-control" + (" form-control-file" if isinstance(widget, FileInput) else "") + invalid


@register.filter
def kind(field: BoundField) -> str:
    """What sort of input a field has, for the template: "checkbox", "password", "file" or "text"."""
    return getattr(field.field.widget, "input_type", None) or "text"
