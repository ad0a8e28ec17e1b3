"""No cell of a CSV becomes a formula, wherever it is opened; whatever is none stays as it is."""

from __future__ import annotations

import pytest

from core.csv_cells import safe


@pytest.mark.parametrize("start", list("=+-@＝＋－＠"))  # noqa: RUF001
@pytest.mark.parametrize("before", ["", " ", "\t", "\r", "\n", "\u00a0", "\u3000", " \u2003 "])
def test_a_formula_is_made_text(start, before):
    assert safe(f"{before}{start}1+1") == f"'{before}{start}1+1"


@pytest.mark.parametrize("start", ["\t", "\r", "\n"])
def test_a_cell_that_starts_anew_is_made_text(start):
    assert safe(f"{start}1") == f"'{start}1"


@pytest.mark.parametrize("cell", ["", "Filler 1", "1-2", "a=b", -5, 2.5, True, "'=1", "두 번째 - 라인"])
def test_what_is_none_stays(cell):
    assert safe(cell) == cell


def test_nothing_is_an_empty_cell():
    assert safe(None) == ""
