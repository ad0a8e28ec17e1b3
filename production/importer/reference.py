"""Factors and products: what the batches and stops of a log refer to. Pure."""

from __future__ import annotations

from decimal import Decimal

from production.importer import cells
from production.importer.cells import CellFault
from production.importer.column_map import CATEGORIES, ColumnMap, Role
from production.importer.desk import Desk
from production.importer.factors import category_of
from production.importer.findings import Severity
from production.importer.log import Factor, Product
from production.importer.tables import Row


def read_factors(desk: Desk) -> dict[str, Factor]:
    """The factors by code. A row that cannot be read, or repeats a code, is left out and named."""
    found: dict[str, Factor] = {}
    for row in desk.rows(Role.FACTORS):
        factor = _factor(row, desk)
        if factor and _is_new(factor.code, found, row, desk.map.factors.code, Role.FACTORS, desk):
            found[factor.code] = factor
    return found


def _factor(row: Row, desk: Desk) -> Factor | None:
    columns, column = desk.map.factors, desk.map.factors.code
    try:
        code = cells.factor_code(row.cells[column])
        column = columns.name
        name = cells.plain(row.cells[column]) or code
        column = columns.operator_error or ""
        is_operator_error = cells.yes_or_no(row.cells[column]) if column else False
        column = columns.category or ""
        category = loss_category(code, name, row.cells.get(column, ""), desk.map)
    except CellFault as fault:
        desk.fault(fault, "The factor's row was left out.", Role.FACTORS, row, column)
        return None
    return Factor(code, name, is_operator_error, category)


def loss_category(code: str, name: str, written: str, column_map: ColumnMap) -> str:
    """What the map says of this factor, else the file, else the words of its name. Raises CellFault."""
    stated = column_map.categories.get(code) or written.upper() or category_of(name)
    if stated not in CATEGORIES:
        raise CellFault("unknown_category", f"It is none of {', '.join(CATEGORIES)}.")
    return stated


def read_products(desk: Desk) -> dict[str, Product]:
    """The products by code, with their ideal time per batch where there is one; the others are named."""
    found: dict[str, Product] = {}
    for row in desk.rows(Role.PRODUCTS):
        product = _product(row, desk)
        if product and _is_new(product.code, found, row, desk.map.products.code, Role.PRODUCTS, desk):
            found[product.code] = product
            if product.ideal_seconds is None:
                _say_without_time(row, desk)
    return found


def _product(row: Row, desk: Desk) -> Product | None:
    columns, column = desk.map.products, desk.map.products.code
    try:
        code = cells.code(row.cells[column])
        column = columns.name[0] if columns.name else ""
        name = cells.plain(" ".join(row.cells[part] for part in columns.name))
        column = columns.minimum_minutes or columns.ideal_seconds or ""
        ideal = _ideal_seconds(row.cells.get(column, ""), desk.map)
    except CellFault as fault:
        desk.fault(fault, "The product's row was left out.", Role.PRODUCTS, row, column)
        return None
    return Product(code, name or code, ideal)


def _ideal_seconds(written: str, column_map: ColumnMap) -> Decimal | None:
    """Seconds per batch; None where nothing, or nothing but 0, is written."""
    value = cells.amount(written, column_map.decimal) if written else Decimal(0)
    return (value * 60 if column_map.products.minimum_minutes else value) or None


def _say_without_time(row: Row, desk: Desk) -> None:
    message = (
        "The product has no minimum batch time; its performance is undefined until it has a standard rate."
    )
    column = desk.map.products.minimum_minutes or desk.map.products.ideal_seconds or ""
    desk.say(Severity.WARNING, "no_minimum_time", message, Role.PRODUCTS, row, column)


def _is_new(
    code: str, found: dict[str, Factor] | dict[str, Product], row: Row, column: str, role: Role, desk: Desk
) -> bool:
    if code in found:
        desk.say(
            Severity.ERROR,
            "duplicate_code",
            f"{code} is there already; this row was left out.",
            role,
            row,
            column,
        )
    return code not in found
