"""The plain reference: POST /process-data with FastAPI, SQLAlchemy 2 and pydantic, tuned, on the same tables.

It asks and writes what the product asks and writes for a step: whose token it is, the lot and the unit under lock, the
route, the steps passed, the record, its mark, what becomes of unit and lot, and the audit rows. Nothing is left out
and nothing is added; ids are checked by the same queries. Sync endpoint, four threads, orjson, prepared statements.
"""

from __future__ import annotations

import os
import uuid
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import anyio.to_thread
import jwt
import orjson
from fastapi import Depends, FastAPI, Header, HTTPException, Request, Response
from pydantic import BaseModel, Field
from sqlalchemy import MetaData, and_, create_engine, insert, select, update

URL = os.environ["BENCH_SQLALCHEMY_URL"]
KEY = os.environ["SECRET_KEY"]

OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS  # as the product

engine = create_engine(URL, pool_size=12, max_overflow=0)
meta = MetaData()
meta.reflect(
    engine,
    only=[
        "accounts_user",
        "accounts_signin",
        "equipment_site",
        "production_lot",
        "production_serial",
        "production_process",
        "production_route",
        "production_routestep",
        "production_processdata",
        "production_stepmark",
        "audit_auditlog",
    ],
)
T = meta.tables
users, sign_ins, lots, serials = (
    T["accounts_user"],
    T["accounts_signin"],
    T["production_lot"],
    T["production_serial"],
)
processes, routes, steps = T["production_process"], T["production_route"], T["production_routestep"]
records, marks, trail, sites = (
    T["production_processdata"],
    T["production_stepmark"],
    T["audit_auditlog"],
    T["equipment_site"],
)


class Given(BaseModel):
    process_id: int
    serial_id: int
    data_level: Literal["LOT", "SERIAL"]
    result: Literal["PASS", "FAIL", "REWORK"] | None = None
    measurements: dict[str, Any] = {}
    defects: list[dict[str, Any]] = []
    notes: str = Field("", max_length=1000)
    started_at: datetime | None = None
    completed_at: datetime | None = None
    cycle_time_seconds: float | None = Field(None, ge=0, le=31_622_400)


@asynccontextmanager
async def four_threads(app: FastAPI) -> Any:
    anyio.to_thread.current_default_thread_limiter().total_tokens = 4
    yield


app = FastAPI(lifespan=four_threads, openapi_url=None)


@app.get("/health")
def health() -> Response:
    return Response(b"{}", media_type="application/json")


def claims_of(authorization: str = Header()) -> dict[str, Any]:
    try:
        return jwt.decode(authorization.removeprefix("Bearer "), KEY, algorithms=["HS256"])
    except jwt.InvalidTokenError as exc:
        raise HTTPException(401) from exc


@app.post("/api/v1/process-data", status_code=201, response_model=None)
def record(given: Given, request: Request, claims: dict[str, Any] = Depends(claims_of)) -> Response:  # noqa: B008
    with engine.begin() as db:
        user = db.execute(_who(claims)).mappings().first()
        if user is None:
            raise HTTPException(401)
        return Response(
            orjson.dumps(_record(db, given, user, request), option=OPTIONS),
            status_code=201,
            media_type="application/json",
        )


def _who(claims: dict[str, Any]) -> Any:
    """The living sign-in of the token with its account, as the product asks it."""
    return (
        select(users)
        .join(sign_ins, sign_ins.c.user_id == users.c.id)
        .where(
            sign_ins.c.id == claims["sid"],
            users.c.id == claims["user_id"],
            users.c.token_version == claims["ver"],
            users.c.is_active,
            sign_ins.c.revoked_at.is_(None),
            sign_ins.c.expires_at > datetime.now(UTC),
        )
    )


def _record(db: Any, given: Given, user: Any, request: Request) -> dict[str, Any]:
    unit = db.execute(_unit(given.serial_id)).mappings().first()
    if unit is None or unit["lot_status"] == "CLOSED" or unit["status"] in ("PASSED", "FAILED"):
        raise HTTPException(409)
    route = db.execute(_route(unit["product_id"])).mappings().all()
    passed = {
        row.process_id
        for row in db.execute(
            select(marks.c.process_id, marks.c.passed).where(marks.c.serial_id == unit["id"])
        )
        if row.passed
    }
    order = [step["id"] for step in route]
    if given.process_id not in order:
        raise HTTPException(400)
    place = order.index(given.process_id)
    if given.process_id in passed or (place and order[place - 1] not in passed):
        raise HTTPException(409)
    row = _row(given, unit, user, place)
    row["id"] = db.execute(insert(records).returning(records.c.id), row).scalar_one()
    entries = [_entry("CREATE", "process_data", row["id"], row, user, request)]
    if given.result == "PASS":
        db.execute(
            insert(marks),
            {
                "lot_id": unit["lot_id"],
                "serial_id": unit["id"],
                "process_id": given.process_id,
                "passed": True,
                "record_id": row["id"],
            },
        )
        passed.add(given.process_id)
    entries += _follow(db, unit, given.result, passed >= set(order), row["completed_at"], user, request)
    db.execute(insert(trail), entries)
    return {
        **row,
        "process": dict(route[place]),
        "operator": {"id": user["id"], "username": user["username"]},
    }


def _unit(serial_id: int) -> Any:
    return (
        select(
            serials,
            lots.c.product_id,
            lots.c.status.label("lot_status"),
            lots.c.passed_quantity,
            lots.c.actual_quantity,
            lots.c.target_quantity,
            lots.c.scrapped_quantity,
            lots.c.lot_number,
            sites.c.timezone,
        )
        .join_from(lots, serials, serials.c.lot_id == lots.c.id)
        .join(sites, sites.c.id == lots.c.site_id, isouter=True)
        .where(serials.c.id == serial_id)
        .with_for_update(key_share=True, of=[lots, serials])
    )


def _route(product_id: int) -> Any:
    return (
        select(processes)
        .join(steps, steps.c.process_id == processes.c.id)
        .join(routes, routes.c.id == steps.c.route_id)
        .where(routes.c.product_id == product_id)
        .order_by(steps.c.position)
    )


def _row(given: Given, unit: Any, user: Any, place: int) -> dict[str, Any]:
    now = datetime.now(UTC)
    ended = given.completed_at or now
    started = given.started_at or ended - timedelta(seconds=given.cycle_time_seconds or 0)
    return {
        "process_id": given.process_id,
        "serial_id": unit["id"],
        "lot_id": unit["lot_id"],
        "operator_id": user["id"],
        "data_level": given.data_level,
        "result": given.result,
        "measurements": given.measurements,
        "defects": given.defects,
        "notes": given.notes,
        "process_order": place + 1,
        "override_reason": "",
        "started_at": started,
        "completed_at": ended if given.result else None,
        "day": ended.date(),
        "created_at": now,
    }


def _follow(
    db: Any, unit: Any, result: str | None, done: bool, at: datetime, user: Any, request: Request
) -> list[dict[str, Any]]:
    """What becomes of unit and lot; the audit rows of it."""
    entries = []
    if unit["status"] == "CREATED":
        db.execute(update(serials).where(serials.c.id == unit["id"]).values(status="IN_PROGRESS"))
        entries += _changes("serials", unit["id"], {"status": "IN_PROGRESS"}, "started", user, request)
    if unit["lot_status"] == "CREATED":
        db.execute(
            update(lots).where(lots.c.id == unit["lot_id"]).values(status="IN_PROGRESS", started_at=at)
        )
        entries += _changes("lots", unit["lot_id"], {"status": "IN_PROGRESS"}, "started", user, request)
    if done and result == "PASS":
        values = {"status": "PASSED", "completed_at": at, "completed_on": at.date()}
        db.execute(update(serials).where(serials.c.id == unit["id"]).values(values))
        entries += _changes("serials", unit["id"], {"status": "PASSED"}, "passed", user, request)
        quantity = {"passed_quantity": unit["passed_quantity"] + 1}
        db.execute(update(lots).where(and_(lots.c.id == unit["lot_id"])).values(quantity))
        entries.append(_entry("UPDATE", "lots", unit["lot_id"], quantity, user, request))
    return entries


def _changes(
    kind: str, key: int, values: dict[str, Any], deed: str, user: Any, request: Request
) -> list[Any]:
    return [
        _entry("UPDATE", kind, key, values, user, request),
        _entry(f"production.{kind[:-1]}.{deed}", kind, key, {}, user, request),
    ]


def _entry(
    action: str, kind: str, key: int, values: dict[str, Any], user: Any, request: Request
) -> dict[str, Any]:
    return {
        "action": action,
        "entity_type": kind,
        "entity_id": str(key),
        "entity_repr": str(key),
        "old_values": None,
        "new_values": orjson.loads(orjson.dumps(values)),
        "user_id": user["id"],
        "user_name": user["username"],
        "source": "api",
        "ip_address": request.client.host if request.client else None,
        "user_agent": request.headers.get("user-agent", "")[:255],
        "request_id": uuid.uuid4().hex,
        "reason": "",
        "app_version": "0",
    }
