"""Questions over the tables of production, re-exported: one module per subject."""

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

__all__ = [
    "REACH",
    "Neighbour",
    "Neighbours",
    "RateTable",
    "counts_between",
    "neighbour_counts",
    "neighbours_of",
    "products_without_rate",
    "rates_for",
    "runs_touching",
]
