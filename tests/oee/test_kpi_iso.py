"""The KPIs of ISO 22400 by their formulas, and None where each is undefined."""

import inspect
from decimal import Decimal

import pytest

from oee import kpi

DEFINED = [  # KPI, arguments, value computed by hand
    (kpi.availability, (80, 100), 0.8),
    (kpi.effectiveness, (Decimal("100"), 80), 1.25),
    (kpi.quality_ratio, (9, 10), 0.9),
    (kpi.oee_index, (0.5, 0.5, 0.5), 0.125),
    (kpi.nee_index, (90, 100, 0.5, Decimal("0.8")), 0.36),
    (kpi.teep, (0.6, 50, 100), 0.3),
    (kpi.ooe, (Decimal(60), 80.0, Decimal(40)), 0.5),
    (kpi.utilization, (40, 168), 40 / 168),
    (kpi.utilization_efficiency, (60, 80), 0.75),
    (kpi.allocation_efficiency, (80, 100), 0.8),
    (kpi.setup_ratio, (10, 50), 0.2),
    (kpi.technical_efficiency, (60, 20), 0.75),
    (kpi.scrap_ratio, (3, 12), 0.25),
    (kpi.rework_ratio, (6, 12), 0.5),
    (kpi.first_pass_yield, (11, 12), 11 / 12),
    (kpi.throughput_rate, (120, 60), 2),
    (kpi.production_capacity, (480, 1.5), 320),
    (kpi.equipment_load_ratio, (400, 320), 1.25),
    (kpi.takt_time, (480, 240), 2),
    (kpi.mtbf, (100, 4), 25),
    (kpi.mttf, (90, 4), 22.5),
    (kpi.mttr, (10, 4), 2.5),
    (kpi.inherent_availability, (3, 1), 0.75),
    (kpi.corrective_maintenance_ratio, (3, 1), 0.75),
    (kpi.defects_per_unit, (1, 8), 0.125),
    (kpi.poisson_yield, (0,), 1),
    (kpi.rolled_throughput_yield, ([0.5, 0.5],), 0.25),
    (kpi.dpmo, (1, 1_000, 10), 100),
    (kpi.sigma_level, (500_000,), 1.5),
]


@pytest.mark.parametrize(("compute", "arguments", "expected"), DEFINED)
def test_formula(compute, arguments, expected):
    assert compute(*arguments) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("compute", "arguments"),
    [
        (kpi.availability, (0, 0)),
        (kpi.effectiveness, (None, 80)),
        (kpi.quality_ratio, (0, 0)),
        (kpi.oee_index, (0.5, None, 0.5)),
        (kpi.nee_index, (90, 0, 0.5, 0.8)),
        (kpi.teep, (None, 50, 100)),
        (kpi.teep, (0.5, 50, 0)),
        (kpi.ooe, (60, 0, 0)),
        (kpi.technical_efficiency, (0, 0)),
        (kpi.takt_time, (480, 0)),
        (kpi.mtbf, (100, 0)),
        (kpi.mttf, (100, 0)),
        (kpi.mttr, (0, 0)),
        (kpi.inherent_availability, (None, 2)),
        (kpi.inherent_availability, (0, 0)),
        (kpi.corrective_maintenance_ratio, (0, 0)),
        (kpi.poisson_yield, (None,)),
        (kpi.rolled_throughput_yield, ([],)),
        (kpi.rolled_throughput_yield, ([0.9, None],)),
        (kpi.dpmo, (1, 0, 6)),
        (kpi.sigma_level, (None,)),
        (kpi.sigma_level, (0,)),
        (kpi.sigma_level, (1_000_000,)),
    ],
)
def test_undefined_is_none(compute, arguments):
    assert compute(*arguments) is None


def test_every_formula_is_tested_and_described():
    described = {entry.id for entry in kpi.KPIS}
    assert {compute.__name__ for compute, *_ in DEFINED} == described - {"oee"} | {"oee_index"}
    assert len(described) == len(kpi.KPIS)


@pytest.mark.parametrize("entry", kpi.KPIS, ids=lambda entry: entry.id)
def test_every_kpi_has_a_function_of_its_name(entry):
    owner = kpi.Figure if entry.id == "oee" else kpi
    assert inspect.getdoc(getattr(owner, entry.id))
    assert entry.name and entry.formula and entry.scopes and entry.source


def test_the_arithmetic_knows_no_framework():
    """kpi is arithmetic: it must stay usable, and provable, without a database."""
    modules = [module for module in vars(kpi).values() if inspect.ismodule(module)]
    assert modules
    assert not any("django" in inspect.getsource(module) for module in [kpi, *modules])
