"""The KPIs as ISO 22400 describes them: name, formula, unit, where they apply, which way is better."""

from dataclasses import dataclass
from enum import StrEnum


class Trend(StrEnum):
    HIGHER = "HIGHER"  # the higher, the better
    LOWER = "LOWER"  # the lower, the better


class Scope(StrEnum):
    WORK_UNIT = "WORK_UNIT"  # a machine, or any set of them
    LINE = "LINE"
    PRODUCT = "PRODUCT"
    ORDER = "ORDER"


class Unit(StrEnum):
    FRACTION = "FRACTION"  # of 1, shown as per cent
    SECONDS = "SECONDS"
    SECONDS_PER_PIECE = "SECONDS_PER_PIECE"
    PIECES = "PIECES"
    PIECES_PER_SECOND = "PIECES_PER_SECOND"
    PER_MILLION = "PER_MILLION"
    PER_UNIT = "PER_UNIT"
    SIGMA = "SIGMA"


@dataclass(frozen=True, slots=True)
class Kpi:
    """One KPI; `id` is the name of what computes it. A bound that does not exist is None."""

    id: str
    name: str
    formula: str
    trend: Trend = Trend.HIGHER
    unit: Unit = Unit.FRACTION
    scopes: tuple[Scope, ...] = (Scope.WORK_UNIT, Scope.LINE, Scope.PRODUCT)
    minimum: float | None = 0
    maximum: float | None = 1
    source: str = "ISO 22400-2"


_UNIT_ONLY = (Scope.WORK_UNIT,)
_PIECES = (Scope.PRODUCT, Scope.ORDER, Scope.WORK_UNIT, Scope.LINE)
_SIX_SIGMA = "Six Sigma practice"

KPIS: tuple[Kpi, ...] = (
    Kpi("oee", "OEE index", "PRI×GQ / PBT = A × P × Q", maximum=None),
    Kpi("availability", "Availability", "APT / PBT"),
    Kpi("effectiveness", "Effectiveness (performance)", "PRI×PQ / APT", maximum=None),
    Kpi("quality_ratio", "Quality ratio", "GQ / PQ", scopes=_PIECES),
    Kpi("nee_index", "Net equipment effectiveness", "AUPT/PBT × E × Q", maximum=None),
    Kpi(
        "teep",
        "Total effective equipment performance",
        "OEE × PBT / calendar time",
        maximum=None,
        source="Nakajima",
    ),
    Kpi(
        "ooe",
        "Overall operations effectiveness",
        "PRI×GQ / (PBT + planned downtime)",
        maximum=None,
        source="Practice",
    ),
    Kpi("utilization", "Utilization", "PBT / calendar time", source="Practice"),
    Kpi("utilization_efficiency", "Utilization efficiency", "APT / AUBT", scopes=_UNIT_ONLY),
    Kpi("allocation_efficiency", "Allocation efficiency", "AUBT / PBT", scopes=_UNIT_ONLY),
    Kpi("setup_ratio", "Setup ratio", "AUST / AUPT", Trend.LOWER, scopes=_UNIT_ONLY),
    Kpi("technical_efficiency", "Technical efficiency", "APT / (APT + ADET)", scopes=_UNIT_ONLY),
    Kpi("scrap_ratio", "Scrap ratio", "SQ / PQ", Trend.LOWER, scopes=_PIECES),
    Kpi("rework_ratio", "Rework ratio", "RQ / PQ", Trend.LOWER, scopes=_PIECES),
    Kpi("first_pass_yield", "First pass yield", "GP / IP", scopes=_PIECES),
    Kpi(
        "throughput_rate",
        "Throughput rate",
        "PQ / AOET",
        unit=Unit.PIECES_PER_SECOND,
        scopes=_PIECES,
        maximum=None,
    ),
    Kpi(
        "production_capacity",
        "Equipment production capacity",
        "available time / PRI",
        unit=Unit.PIECES,
        scopes=_UNIT_ONLY,
        maximum=None,
    ),
    Kpi("equipment_load_ratio", "Equipment load ratio", "PQ / EPC", scopes=_UNIT_ONLY, maximum=None),
    Kpi(
        "takt_time",
        "Takt time",
        "available time / demand",
        unit=Unit.SECONDS_PER_PIECE,
        scopes=(Scope.LINE, Scope.PRODUCT),
        maximum=None,
        source="Lean practice",
    ),
    Kpi(
        "mtbf", "Mean time between failures", "ΣTBF / FE", unit=Unit.SECONDS, scopes=_UNIT_ONLY, maximum=None
    ),
    Kpi("mttf", "Mean time to failure", "ΣTTF / FE", unit=Unit.SECONDS, scopes=_UNIT_ONLY, maximum=None),
    Kpi("mttr", "Mean time to repair", "ΣTTR / FE", Trend.LOWER, Unit.SECONDS, _UNIT_ONLY, maximum=None),
    Kpi(
        "inherent_availability",
        "Inherent availability",
        "MTBF / (MTBF + MTTR)",
        scopes=_UNIT_ONLY,
        source="Reliability practice",
    ),
    Kpi(
        "corrective_maintenance_ratio",
        "Corrective maintenance ratio",
        "CMT / (CMT + PMT)",
        Trend.LOWER,
        scopes=_UNIT_ONLY,
    ),
    Kpi(
        "defects_per_unit",
        "Defects per unit",
        "D / U",
        Trend.LOWER,
        Unit.PER_UNIT,
        _PIECES,
        maximum=None,
        source=_SIX_SIGMA,
    ),
    Kpi("poisson_yield", "Yield from defects", "e^−DPU", scopes=_PIECES, source="Harry 2004"),
    Kpi("rolled_throughput_yield", "Rolled throughput yield", "Π FPY", scopes=_PIECES, source="Harry 2004"),
    Kpi(
        "dpmo",
        "Defects per million opportunities",
        "10⁶×D / (U×O)",
        Trend.LOWER,
        Unit.PER_MILLION,
        _PIECES,
        maximum=1_000_000,
        source=_SIX_SIGMA,
    ),
    Kpi(
        "sigma_level",
        "Sigma level",
        "Φ⁻¹(1 − DPMO/10⁶) + 1.5",
        unit=Unit.SIGMA,
        scopes=_PIECES,
        minimum=None,
        maximum=None,
        source=_SIX_SIGMA,
    ),
)
