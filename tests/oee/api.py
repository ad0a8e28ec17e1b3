"""OEE as a client sees it: events in through the ingest door, figures out, all over HTTP."""

from __future__ import annotations

from datetime import datetime
from itertools import count
from typing import Any

from equipment.models import Line, Machine
from production.models import ProductModel
from tests.support.api import API, client_for

_numbers = count(1)


class Factory:
    """Tells what machines did and asks for figures; `said` is sent with the next question."""

    def __init__(self, role: str = "viewer") -> None:
        self.teller, self.reader, self.said = client_for("integration"), client_for(role), []

    def state(
        self, machine: Machine, name: str, start: datetime, end: datetime | None = None, **more: Any
    ) -> None:
        times = {"started_at": start.isoformat()} | ({"ended_at": end.isoformat()} if end else {})
        self._say(machine, kind="state", state=name, **times, **more)

    def count(
        self, machine: Machine, at: datetime, product: ProductModel | None = None, **pieces: int
    ) -> None:
        named = {"product_code": product.model_code} if product else {}
        self._say(machine, kind="count", at=at.isoformat(), **named, **pieces)

    def _say(self, machine: Machine, **event: Any) -> None:
        self.said.append(
            {"event_id": f"http{next(_numbers)}", "equipment_code": machine.equipment_code} | event
        )

    def tell(self) -> None:
        events, self.said = self.said, []
        answer = self.teller.post(f"{API}ingest/events", {"events": events})
        assert (answer.status_code, answer.json()["accepted"]) == (200, len(events)), answer.json()

    def get(self, path: str, status: int = 200, **query: Any) -> Any:
        if self.said:
            self.tell()
        query = {name: _text(value) for name, value in query.items()}
        answer = self.reader.get(f"{API}oee/{path}", query)
        assert answer.status_code == status, (answer.status_code, answer.content)
        return answer.json()

    def post(self, path: str, body: dict[str, Any], status: int = 200) -> Any:
        if self.said:
            self.tell()
        body = {name: _text(value) for name, value in body.items()}
        answer = self.reader.post(f"{API}oee/{path}", body)
        assert answer.status_code == status, (answer.status_code, answer.content)
        return answer.json()


def _text(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def machines_of(line: Line) -> list[Machine]:
    return list(line.machines.order_by("position"))
