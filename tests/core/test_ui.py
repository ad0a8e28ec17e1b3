"""How figures are written: expected strings are what a reader of the plant would write by hand."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django import forms
from django.template import Context, Template
from django.utils import timezone, translation

from core.templatetags import ui

THIN = "\u202f"


@pytest.mark.parametrize(
    ("ratio", "places", "written"),
    [
        (2050 / 3180, 2, f"64.47{THIN}%"),  # the bottling line's own figure
        (2050 / 3180, 1, f"64.5{THIN}%"),
        (0.74785, 2, f"74.79{THIN}%"),  # half goes up
        (Decimal("1.043"), 1, f"104.3{THIN}%"),  # never capped
        (0, 1, f"0.0{THIN}%"),
        (None, 1, "–"),  # undefined is not 0
    ],
)
def test_percent(ratio, places, written):
    assert ui.percent(ratio, places) == written


def test_a_bar_ends_at_100_and_keeps_its_point_in_every_language():
    with translation.override("de"):
        assert [ui.hundred(value) for value in (1.43, 0.6447, None, -0.2)] == [
            "100.00",
            "64.47",
            "0.00",
            "0.00",
        ]


def test_share_of_nothing_is_an_empty_bar():
    assert ui.share(2050, 3180) == "64.47"
    assert ui.share(5, 0) == ui.share(None, None) == "0.00"


@pytest.mark.parametrize(
    ("seconds", "written"),
    [
        (0, "0 s"),
        (45, "45 s"),
        (725, "12 min 05 s"),
        (7500, "2 h 05 min"),
        (190_800, "53 h 00 min"),
        (360_000, "4 d 04 h"),
        (-90, "−1 min 30 s"),
        (59.6, "1 min 00 s"),
        (None, "–"),
    ],
)
def test_duration(seconds, written):
    assert ui.duration(seconds) == written


def test_elapsed_counts_from_the_moment_and_never_backwards():
    assert ui.elapsed(timezone.now() - timedelta(minutes=12, seconds=5)) == "12 min 05 s"
    assert ui.elapsed(timezone.now() + timedelta(hours=1)) == "0 s"
    assert ui.elapsed(None) == "–"


def test_amounts_and_seconds_are_grouped_and_exact():
    assert ui.amount(19271) == "19,271"
    assert ui.amount(None) == "–"
    assert ui.seconds(123000) == f"123,000{THIN}s"
    assert ui.seconds(123000.25) == f"123,000.25{THIN}s"
    assert [ui.cell(value) for value in (1260, 754.0, 64.466, "Fault", None, True)] == [
        "1,260",
        "754",
        "64.47",
        "Fault",
        "–",
        True,
    ]


class Sample(forms.Form):
    email = forms.EmailField(help_text="Work address")
    again = forms.BooleanField()


def test_a_field_is_rendered_with_its_label_help_and_error_linked():
    page = Template('{% include "components/form.html" %}').render(
        Context({"form": Sample({"email": "nobody"})})
    )
    assert 'aria-describedby="id_email_helptext id_email_error"' in page
    assert 'id="id_email_helptext"' in page and 'id="id_email_error"' in page
    assert 'class="form-control is-invalid"' in page and 'class="form-check-input is-invalid"' in page
    assert 'value="nobody"' in page  # nothing typed is lost


def test_what_somebody_typed_is_never_html():
    page = Template('{% include "components/table.html" %}').render(
        Context({"caption": "c", "columns": ["a"], "rows": [["<script>alert(1)</script>"]]})
    )
    assert "<script>" not in page
