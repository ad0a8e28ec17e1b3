"""The arithmetic of OEE and its neighbours: pure functions, no database, no framework.

`Sums` are the additive facts of any machines, products and period; add them first, then divide once with
`figure`. `Policy`, `classify` and `bucket_of` say what a piece of time is and where it counts; `losses` is
the bridge from planned busy time to good pieces; `series_line` makes one machine of a line; the rest are the
KPIs of ISO 22400 and their neighbours, described in `KPIS`. Availability, performance and quality of recorded
facts come from `figure`.
"""

from oee.kpi.bridge import Losses, losses
from oee.kpi.catalogue import KPIS, Kpi, Scope, Trend, Unit
from oee.kpi.figures import Figure, Flag, InvalidSums, figure, plain_figure
from oee.kpi.iso import (
    allocation_efficiency,
    availability,
    corrective_maintenance_ratio,
    defects_per_unit,
    dpmo,
    effectiveness,
    equipment_load_ratio,
    first_pass_yield,
    inherent_availability,
    mtbf,
    mttf,
    mttr,
    nee_index,
    oee_index,
    ooe,
    poisson_yield,
    production_capacity,
    quality_ratio,
    rework_ratio,
    rolled_throughput_yield,
    scrap_ratio,
    setup_ratio,
    sigma_level,
    takt_time,
    technical_efficiency,
    teep,
    throughput_rate,
    utilization,
    utilization_efficiency,
)
from oee.kpi.lines import Rejects, series_line
from oee.kpi.policy import Bucket, Policy, TimeClass, Treatment, bucket_of, classify
from oee.kpi.ratios import MICROSECONDS, ratio, seconds
from oee.kpi.sums import ZERO, Sums

__all__ = [
    "KPIS",
    "MICROSECONDS",
    "ZERO",
    "Bucket",
    "Figure",
    "Flag",
    "InvalidSums",
    "Kpi",
    "Losses",
    "Policy",
    "Rejects",
    "Scope",
    "Sums",
    "TimeClass",
    "Treatment",
    "Trend",
    "Unit",
    "allocation_efficiency",
    "availability",
    "bucket_of",
    "classify",
    "corrective_maintenance_ratio",
    "defects_per_unit",
    "dpmo",
    "effectiveness",
    "equipment_load_ratio",
    "figure",
    "first_pass_yield",
    "inherent_availability",
    "losses",
    "mtbf",
    "mttf",
    "mttr",
    "nee_index",
    "oee_index",
    "ooe",
    "plain_figure",
    "poisson_yield",
    "production_capacity",
    "quality_ratio",
    "ratio",
    "rework_ratio",
    "rolled_throughput_yield",
    "scrap_ratio",
    "seconds",
    "series_line",
    "setup_ratio",
    "sigma_level",
    "takt_time",
    "technical_efficiency",
    "teep",
    "throughput_rate",
    "utilization",
    "utilization_efficiency",
]
