"""The master data that a log needs: its machine, stop reasons, products and ideal times. What the plant has, stays."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TypeVar

from django.core.exceptions import ValidationError

from core.db import lock
from equipment.choices import LossCategory, State
from equipment.models import Line, Machine, StopReason
from equipment.selectors import calendar_of
from production.importer.column_map import Role
from production.importer.findings import Findings, Severity, Unusable
from production.importer.log import Factor, Product, ProductionLog
from production.models import ProductModel, StandardRate

M = TypeVar("M", Machine, StopReason, ProductModel)

# What the machine did during a stop of this category.
STATE_OF = {
    LossCategory.BREAKDOWN: State.FAULT,
    LossCategory.SETUP: State.SETUP,
    LossCategory.STARVED_BLOCKED: State.STARVED,
    LossCategory.PLANNED: State.MAINTENANCE,
    LossCategory.MINOR_STOP: State.HELD,
    LossCategory.OTHER: State.HELD,
}


@dataclass(frozen=True, slots=True)
class Masters:
    """`machine` is locked; `reasons` by factor, `products` by code. `source` names this line's log."""

    line: Line
    machine: Machine
    source: str
    reasons: dict[str, StopReason]
    products: dict[str, ProductModel]

    def state_of(self, factor: str) -> State:
        """By the plant's own word on the reason, which may have changed since the first import."""
        return STATE_OF[LossCategory(self.reasons[factor].loss_category)]

    @property
    def planned_factors(self) -> frozenset[str]:
        return frozenset(code for code, reason in self.reasons.items() if reason.planned)


def ensure_masters(line: Line, log: ProductionLog, findings: Findings) -> Masters:
    """Find or make what the log refers to. Raises Unusable where a code cannot be had."""
    machine = _machine(line, findings)
    products = _products(log)
    _ensure_rates(line, machine, log, products, findings)
    return Masters(line, machine, f"import:{line.line_code}", _reasons(line, log.factors.values()), products)


def _machine(line: Line, findings: Findings) -> Machine:
    """The machine whose log it is: the line's constraint, else its first; one is made where it has none."""
    machines = list(line.machines.filter(is_active=True).order_by("position", "pk"))
    if not machines:
        machine = Machine(line=line, equipment_code=line.line_code, name=line.name)
        return _made(machine, f"The line has no machine, and none can be made of its code {line.line_code}")
    machine = next((m for m in machines if m.pk == line.constraint_machine_id), machines[0])
    if len(machines) > 1:
        message = f"The line has {len(machines)} machines; the log was recorded at {machine.equipment_code}."
        findings.add(Severity.INFO, "several_machines", message)
    return lock(Machine, machine.pk)


def _made(row: M, refusal: str) -> M:
    """The row, saved; Unusable where the plant's rules forbid it."""
    try:
        row.full_clean()
    except ValidationError as exc:
        raise Unusable(f"{refusal}: {' '.join(exc.messages)}", code="master_data") from exc
    row.save()
    return row


def _reasons(line: Line, factors: Iterable[Factor]) -> dict[str, StopReason]:
    codes = {factor.code: f"{line.line_code}-{factor.code}" for factor in factors}
    present = {reason.code: reason for reason in StopReason.objects.filter(code__in=codes.values())}
    return {
        factor.code: present.get(codes[factor.code]) or _reason(codes[factor.code], factor)
        for factor in factors
    }


def _reason(code: str, factor: Factor) -> StopReason:
    reason = StopReason(
        code=code,
        name=factor.name,
        loss_category=factor.loss_category,
        planned=factor.loss_category == LossCategory.PLANNED,
        is_operator_error=factor.is_operator_error,
    )
    return _made(reason, f"No stop reason {code} can be made")


def _products(log: ProductionLog) -> dict[str, ProductModel]:
    codes = set(log.products) | {batch.product for batch in log.batches}
    present = {row.model_code: row for row in ProductModel.objects.filter(model_code__in=codes)}
    made = {code: _product(product) for code, product in log.products.items() if code not in present}
    return present | made


def _product(product: Product) -> ProductModel:
    row = ProductModel(model_code=product.code, model_name=product.name)
    return _made(row, f"No product {product.code} can be made")


def _ensure_rates(
    line: Line, machine: Machine, log: ProductionLog, products: dict[str, ProductModel], findings: Findings
) -> None:
    """An ideal time per batch at this machine from the log's first shift day on; one that is there wins."""
    if not log.batches:
        return
    day = _first_day(line, log)
    present = _own_rates(machine, day)
    for code, product in log.products.items():
        ideal, own = product.ideal_seconds, present.get(products[code].pk)
        if ideal is not None and own is None:
            StandardRate.objects.create(
                product=products[code], machine=machine, ideal_cycle_seconds=ideal, valid_from=day
            )
        elif ideal is not None and own != ideal:
            message = (
                f"The standard rate of {code} is {own:f} s per batch and stays; the log says {ideal:f} s."
            )
            file = log.tables[Role.PRODUCTS.value].file
            findings.add(Severity.WARNING, "rate_kept", message, file=file, value=code)


def _own_rates(machine: Machine, day: date) -> dict[int, Decimal]:
    """The machine's own ideal times on that day, by product."""
    rows = StandardRate.objects.filter(machine=machine, valid_from__lte=day).order_by("valid_from")
    return dict(rows.values_list("product_id", "ideal_cycle_seconds"))


def _first_day(line: Line, log: ProductionLog) -> date:
    """The shift day of the first batch, which a night shift has earlier than the calendar."""
    first = log.batches[0]
    days = [shift.day for shift in calendar_of(line=line).shifts(first.start, first.end)]
    return min([first.start.astimezone(line.site.zone).date(), *days])
