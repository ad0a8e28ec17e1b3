"""Questions over the tables of production, re-exported: one module per subject."""

from production.selectors.changeovers import average_changeovers, changeovers
from production.selectors.counting import (
    REACH,
    Neighbour,
    Neighbours,
    RateTable,
    counts_between,
    neighbour_counts,
    neighbours_of,
    products_without_rate,
    rates_for,
    runs_touching,
)
from production.selectors.plans import Asked, checklist_of, jobs_of_lines, my_jobs, unanswered
from production.selectors.routes import route_of

__all__ = [
    "REACH",
    "Asked",
    "Neighbour",
    "Neighbours",
    "RateTable",
    "average_changeovers",
    "changeovers",
    "checklist_of",
    "counts_between",
    "jobs_of_lines",
    "my_jobs",
    "neighbour_counts",
    "neighbours_of",
    "products_without_rate",
    "rates_for",
    "route_of",
    "runs_touching",
    "unanswered",
]
