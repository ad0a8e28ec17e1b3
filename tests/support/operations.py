"""Every operation of the API as its URLs know it, and rows to call each one with."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from accounts.models import Employee
from andon.actions import raise_event
from audit.models import AuditLog
from core.checks import api_operations
from oee.models import LossPolicy
from production.models import ChecklistItem, NumberPattern, ProductionCount, ProductionLogImport
from tests.andon.policies import another_policy as escalation_policy
from tests.production.genealogy import component_lot, scan
from tests.support.factories import (
    CalendarExceptionFactory,
    FaultCodeFactory,
    MachineFactory,
    MaintenancePlanFactory,
    ShiftPatternFactory,
    SiteFactory,
    StopReasonFactory,
    UserFactory,
)
from tests.support.plans import job_of, schedule_of
from tests.support.production_factories import T0, ProductFactory, StandardRateFactory
from tests.support.states import say
from tests.support.trace_factories import ProcessFactory, lot_of, record_of, route_for, unit_in
from tests.support.upkeep import fault_of, order_for

NAMED_GROUP = re.compile(r"\(\?P<(\w+)>((?:[^()]|\([^()]*\))*)\)")


@dataclass(frozen=True)
class Operation:
    """A method on a path such as `api/v1/users/{pk}`."""

    method: str
    path: str
    view: Any

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def names(self) -> list[str]:
        """What stands in braces."""
        return re.findall(r"{(\w+)}", self.path)


def operations() -> list[Operation]:
    """All of them, in the order of the URLs."""
    return [Operation(method, _template(route), view) for route, view, _action, method in api_operations()]


def _template(route: str) -> str:
    """The route with its groups in braces; a group that can only be one word is that word."""
    braced = NAMED_GROUP.sub(lambda m: m[2] if m[2].isalpha() else _braces(m[1]), route)
    return braced.removesuffix("$").removesuffix("/?").replace("\\", "")


def _braces(name: str) -> str:
    return "{" + name + "}"


class Plant:
    """One row of everything, and the path of any operation to it."""

    def __init__(self) -> None:
        self.user = UserFactory(role="viewer", username="somebody", email="somebody@example.com")
        self.employee = Employee.objects.create(name="Somebody")
        self.machine = MachineFactory()
        self.line, self.site = self.machine.line, self.machine.line.site
        self.reason, self.parent = StopReasonFactory(), StopReasonFactory()
        say(self.machine, "FAULT", 6, 14)
        self.rate = StandardRateFactory(machine=self.machine, product__category="Water")
        self.count = ProductionCount.objects.create(
            machine=self.machine, product=self.rate.product, at=T0, good=10, source="plc", event_id="e"
        )
        self.upload = ProductionLogImport.objects.create(line=self.line, created_by=self.user)
        self.policy = escalation_policy(line=self.line, name="Plant")
        self.call = raise_event(
            line=self.line,
            machine=self.machine,
            event_type="STOPPAGE",
            priority="HIGH",
            description="",
            actor=self.user,
        ).event
        self.worker = UserFactory(role="operator", username="worker")
        self.schedule = schedule_of(self.line, product=self.rate.product)
        self.job = job_of(self.schedule, user=self.worker)
        self.question = ChecklistItem.objects.create(line=self.line, text="Guards closed?")
        self.lot = lot_of(self.rate.product)
        self.serial = unit_in(self.lot)
        self.process, self.spare = ProcessFactory(), ProductFactory()
        self.route = route_for(self.rate.product, [self.process, ProcessFactory()])
        self.pattern = NumberPattern.objects.create(site=SiteFactory())
        self.component_lot = component_lot()
        scan(self.component_lot, self.serial)
        self.record = record_of(self.serial, self.process)
        self.keys = self._keys()

    def _keys(self) -> dict[str, Any]:
        """Values of {pk} by what the path begins with, and of the other names."""
        return {
            "api/v1/users": self.user.pk,
            "api/v1/employees": self.employee.pk,
            "api/v1/audit-logs": AuditLog.objects.latest("id").pk,
            "api/v1/sites": self.site.pk,
            "api/v1/areas": self.line.area_id,
            "api/v1/production/lines": self.line.pk,
            "api/v1/dashboard/lines": self.line.pk,
            "api/v1/shift-patterns": ShiftPatternFactory(line=self.line).pk,
            "api/v1/calendar-exceptions": CalendarExceptionFactory(line=self.line).pk,
            "api/v1/downtime/reasons": self.reason.pk,
            "api/v1/downtime": self.machine.downtimes.get().pk,
            "api/v1/fault-codes": FaultCodeFactory().pk,
            "api/v1/maintenance-plans": MaintenancePlanFactory(machine=self.machine).pk,
            "api/v1/product-models": self.rate.product_id,
            "api/v1/products": self.rate.product_id,
            "api/v1/standard-rates": self.rate.pk,
            "api/v1/production-counts": self.count.pk,
            "api/v1/production/schedules": self.schedule.pk,
            "api/v1/production/job-assignments": self.job.pk,
            "api/v1/production/checklists": self.question.pk,
            "api/v1/jobs": self.job.pk,
            "api/v1/lots": self.lot.pk,
            "api/v1/serials": self.serial.pk,
            "api/v1/processes": self.process.pk,
            "api/v1/routes": self.route.pk,
            "api/v1/number-patterns": self.pattern.pk,
            "api/v1/lots/number/{lot_number}": self.lot.lot_number,
            "serial_number": self.serial.serial_number,
            "process_number": self.process.process_number,
            "process_code": self.process.process_code,
            "lot_id": self.lot.pk,
            "product_id": self.rate.product_id,
            "status": "CREATED",
            "api/v1/component-lots": self.component_lot.pk,
            "api/v1/process-data": self.record.pk,
            "serial_id": self.serial.pk,
            "process_id": self.record.process_id,
            "operator_id": self.record.operator_id,
            "result": "PASS",
            "lot_number": self.component_lot.lot_number,
            "api/v1/imports/production-log": self.upload.pk,
            "api/v1/oee/policies": LossPolicy.objects.create(site=self.site, valid_from="2026-01-01").pk,
            "api/v1/users/username/{name}": self.user.username,
            "api/v1/audit-logs/action/{name}": "CREATE",
            "api/v1/oee/equipment/{key}": self.machine.equipment_code,
            "api/v1/andon/events": self.call.pk,
            "api/v1/andon/escalation-policies": self.policy.pk,
            "api/v1/equipment/{equipment_code}/faults": fault_of(self.machine, actor=self.user).pk,
            "api/v1/equipment/{equipment_code}/maintenance": order_for(self.machine, actor=self.user).pk,
            "kind": "lines",
            "key": self.line.pk,
            "equipment_code": self.machine.equipment_code,
            "model_code": self.rate.product.model_code,
            "category": self.rate.product.category,
            "address": self.user.email,
            "role": self.user.role,
            "token": "1-a-b",
            "entity_type": "sites",
            "entity_id": self.site.pk,
            "user_id": self.user.pk,
        }

    def url(self, operation: Operation, **values: Any) -> str:
        """The address of the operation on this plant's rows, or with other values in it."""
        path = operation.path
        for name in operation.names:
            path = path.replace(_braces(name), str(values.get(name, self._value(operation.path, name))), 1)
        return f"/{path}"

    def _value(self, path: str, name: str) -> Any:
        return next(self.keys[key] for key in _candidates(path, name) if key in self.keys)


def _candidates(path: str, name: str) -> Iterator[str]:
    """Keys under which the value of this name may stand, the most telling first."""
    upto = path[: path.index(_braces(name))]
    yield upto + _braces(name)
    yield upto.removesuffix("/")
    yield name
