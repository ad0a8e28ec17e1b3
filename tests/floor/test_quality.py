"""The page of quality: control charts of what the steps measured, for those who may see everybody's records."""

import csv
import io
import json
import re
from datetime import timedelta

import pytest
from django.utils import timezone

from production.choices import DataLevel
from production.models import Process, ProcessData
from tests.floor.stations import line_of_three, signed_in, text
from tests.production.test_spc import FLOWRATES
from tests.support.factories import UserFactory
from tests.support.trace_factories import ProcessFactory, lot_of, unit_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def viewer(client):
    signed_in(client, "viewer")
    return client


def measured(process: Process, values: list, *, name: str = "gap", lot=None) -> None:
    """One record per value, a minute apart, the last one now."""
    unit, operator = unit_in(lot), UserFactory(role="operator")
    for age, value in enumerate(reversed(values)):
        at = timezone.now() - timedelta(minutes=age)
        ProcessData.objects.create(
            process=process,
            serial=unit,
            lot=unit.lot,
            operator=operator,
            data_level=DataLevel.SERIAL,
            result="FAIL",
            notes="x",
            measurements={name: value},
            process_order=1,
            started_at=at,
            completed_at=at,
            day=at.date(),
        )


def chart(answer, kind: str) -> dict:
    found = re.search(
        rf'<script id="chart-{kind}-data" type="application/json">(.*?)</script>', answer.content.decode()
    )
    return json.loads(found[1])


def line_named(drawn: dict, label: str) -> float:
    return next(line["value"] for line in drawn["lines"] if line["label"] == label)


@pytest.fixture
def flow():
    """The ten flowrates of NIST's example, as a step that allows 45 to 53 measured them."""
    criteria = {"measurements": [{"name": "flow", "unit": "l/min", "lower": 45, "upper": 53}]}
    process = ProcessFactory(process_code="P05_FLOW", process_name_en="Flow", quality_criteria=criteria)
    measured(process, FLOWRATES, name="flow")
    return process


def test_the_individuals_chart_is_that_of_nist(viewer, flow):
    answer = viewer.get("/quality")
    drawn = chart(answer, "individuals")
    assert [point["value"] for point in drawn["points"]] == FLOWRATES
    assert line_named(drawn, "Mean") == pytest.approx(50.81)
    assert line_named(drawn, "Upper control limit") == pytest.approx(55.8041, abs=5e-4)
    assert line_named(drawn, "Lower control limit") == pytest.approx(45.8159, abs=5e-4)
    assert line_named(chart(answer, "ranges"), "Mean range") == pytest.approx(1.8778, abs=5e-5)
    shown = text(answer)
    assert "50.81" in shown and "45.816 … 55.804" in shown and "P05_FLOW Flow" in shown
    # mean 50.81, sigma 1.8778 / 1.128 = 1.66471: (53 - 45) / 6 sigma, (53 - mean) / 3 sigma
    assert "0.80 / 0.44" in shown


def test_the_run_chart_marks_what_lies_outside(viewer, flow):
    drawn = chart(viewer.get("/quality"), "run")
    assert [point["value"] for point in drawn["points"] if point["mark"]] == [53.6]
    assert line_named(drawn, "Median") == pytest.approx(51.25)
    assert (line_named(drawn, "Lower limit"), line_named(drawn, "Upper limit")) == (45, 53)


def test_more_rules_find_a_shift_that_stays_within_the_limits(viewer):
    [_mark, test, _label] = line_of_three()
    measured(test, [0.05, 0.051] * 8 + [0.0516] * 9)
    one = chart(viewer.get("/quality"), "individuals")
    four = chart(viewer.get("/quality", {"rules": "all"}), "individuals")
    assert [point["mark"] for point in one["points"] if point["mark"]] == []
    assert four["points"][-1]["mark"] == "rule 3, 4"


def test_the_table_comes_as_a_file_with_numbers(viewer, flow):
    address = re.search(r'href="(\?[^"]*table=ranges[^"]*)"', viewer.get("/quality").content.decode())[1]
    answer = viewer.get("/quality" + address.replace("&amp;", "&"))
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert rows[0] == ["Time", "Unit", "Value", "Signal"] and rows[1][2] == ""
    assert float(rows[2][2]) == pytest.approx(2.0) and len(rows) == 11
    assert viewer.get("/quality?format=csv&table=nothing").status_code == 404


def test_a_product_and_a_number_of_values_are_chosen(viewer):
    [_mark, test, _label] = line_of_three()
    ours, theirs = lot_of(), lot_of()
    measured(test, [0.05] * 60, lot=ours)
    measured(test, [0.07] * 3, lot=theirs)
    assert len(chart(viewer.get("/quality"), "run")["points"]) == 50
    only = chart(viewer.get("/quality", {"product": theirs.product_id, "last": 100}), "run")
    assert [point["value"] for point in only["points"]] == [0.07] * 3


def test_what_is_no_number_is_passed_over(viewer):
    [_mark, test, _label] = line_of_three()
    measured(test, ["0.05 mm", "five", None, True, 0.06])
    assert [point["value"] for point in chart(viewer.get("/quality"), "run")["points"]] == [0.05, 0.06]


@pytest.mark.parametrize(
    "query",
    [
        {"measure": "9:x"},
        {"product": "x"},
        {"product": "9" * 30},
        {"last": "-1"},
        {"last": "1e9"},
        {"rules": "9"},
        {"format": "xml"},
    ],
)
def test_a_choice_that_is_none_falls_back(viewer, flow, query):
    assert viewer.get("/quality", query).status_code == 200


def test_an_empty_plant_and_a_step_without_values_say_so(viewer):
    assert "No step measures a number yet" in text(viewer.get("/quality"))
    assert viewer.get("/quality?format=csv&table=run").status_code == 404
    line_of_three()
    assert "Nothing was measured in the last year." in text(viewer.get("/quality"))


@pytest.mark.parametrize("role", ["operator", "guest"])
def test_who_sees_only_their_own_records_is_told_so(client, role):
    signed_in(client, role)
    answer = client.get("/quality")
    assert answer.status_code == 403 and "Your role" in text(answer)


def test_the_number_of_queries_does_not_grow_with_the_values(viewer, flow, django_assert_num_queries):
    with django_assert_num_queries(6):
        viewer.get("/quality")
    measured(flow, FLOWRATES * 3, name="flow")
    with django_assert_num_queries(6):
        viewer.get("/quality")
