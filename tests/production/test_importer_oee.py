"""The imported log's OEE as every page and the API compute it, against the log's own arithmetic."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from oee.selectors.reports import groups, report
from oee.selectors.scopes import line_scope, read
from production.importer.demo import import_bottling_demo
from production.importer.load import ImportOptions, import_log
from tests.production.logs import GERMAN, GERMAN_MAP, sources
from tests.support.factories import LineFactory

pytestmark = pytest.mark.django_db


def figure_of(line, start=datetime(2023, 1, 1, tzinfo=UTC), end=datetime(2026, 11, 1, tzinfo=UTC)):
    return report(read(scope=line_scope(line), start=start, end=end)).figure


@pytest.mark.parametrize(
    "window",
    [
        (datetime(2024, 8, 29, tzinfo=UTC), datetime(2024, 9, 5, tzinfo=UTC)),
        (datetime(2023, 1, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)),
    ],
)
def test_bottling(window):
    line = LineFactory()
    import_bottling_demo(line)
    found = figure_of(line, *window)
    assert (found.planned_busy_seconds, found.actual_production_seconds) == (3180 * 60, 2050 * 60)
    assert round(found.availability * 100, 2) == 64.47
    assert (found.performance, found.quality) == (1, 1)
    assert round(found.oee * 100, 2) == 64.47


def test_by_product_as_the_reports_totals():
    line = LineFactory()
    totals = import_bottling_demo(line)["totals"]
    reading = read(
        scope=line_scope(line), start=datetime(2024, 8, 29, tzinfo=UTC), end=datetime(2024, 9, 5, tzinfo=UTC)
    )
    busy = sorted(
        part.report.figure.planned_busy_seconds / 60
        for part in groups(reading, "product")
        if part.report.figure.planned_busy_seconds
    )
    assert busy == sorted(row["busy_minutes"] for row in totals["products"])


def test_another_plant():
    line = LineFactory()
    totals = import_log(
        line=line, files=sources(GERMAN), options=ImportOptions(GERMAN_MAP), dry_run=False, actor=None
    )["totals"]
    found = figure_of(line)
    assert (totals["availability"], totals["oee"]) == (pytest.approx(0.9), pytest.approx(240 / 450))
    assert float(found.availability) == pytest.approx(totals["availability"])
    assert float(found.oee) == pytest.approx(totals["oee"])
