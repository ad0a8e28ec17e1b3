"""The body of a request is taken in whole before a thread is taken for it.

A thread that waits for a slow client serves nobody else: ten such clients would stop every page of the plant. Here
waiting costs no thread, what is taken in is bounded, and a body that comes in pieces without a length, as .NET sends
JSON, gets the length without which WSGI reads nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from core.api.problem import CONTENT_TYPE, problem_body
from core.api.renderers import dumps

MAX_BODY = 50 * 1024 * 1024  # an import's four files, and room for its form
IN_MEMORY = 1024 * 1024  # the rest of a body waits on disk
PIECE = 256 * 1024
PATIENCE = 30.0  # seconds without a further piece

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


class Gone(Exception):
    """The client left in the middle."""


class Refused(Exception):
    """The body is not taken: the status that says so, and why."""

    def __init__(self, status: int, detail: str, code: str) -> None:
        super().__init__(detail)
        self.status, self.detail, self.code = status, detail, code


def whole_bodies(application: Application) -> Application:
    """The application, given requests whose bodies are here already; 408 for too slow ones, 413 for too large ones."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        with SpooledTemporaryFile(max_size=IN_MEMORY) as body:
            try:
                length = await _take_in(receive, body)
            except Gone:
                return
            except Refused as refused:
                await _refuse(send, refused)
                return
            await application(_with_length(scope, length), _read_again(body, length), send)

    return serve


async def _take_in(receive: Receive, body: IO[bytes]) -> int:
    """The whole body into the file; its length. Raises Gone, Refused."""
    is_more = True
    while is_more:
        event = await _next(receive)
        if event["type"] != "http.request":
            raise Gone
        body.write(event.get("body", b""))
        if body.tell() > MAX_BODY:
            raise Refused(413, "The request body is too large.", "too_large")
        is_more = event.get("more_body", False)
    length = body.tell()
    body.seek(0)
    return length


async def _next(receive: Receive) -> dict[str, Any]:
    try:
        async with asyncio.timeout(PATIENCE):
            return await receive()
    except TimeoutError as exc:
        raise Refused(408, "The rest of the request body did not come.", "timeout") from exc


def _with_length(scope: Scope, length: int) -> Scope:
    """The scope, its length stated where the client stated none."""
    names = {name for name, _value in scope["headers"]}
    if not length or b"content-length" in names:
        return scope
    return {**scope, "headers": [*scope["headers"], (b"content-length", b"%d" % length)]}


def _read_again(body: IO[bytes], length: int) -> Receive:
    async def receive() -> dict[str, Any]:
        piece = body.read(PIECE)
        return {"type": "http.request", "body": piece, "more_body": body.tell() < length}

    return receive


async def _refuse(send: Send, refused: Refused) -> None:
    """The problem, and the end of the connection: what else comes on it is the rest of that body."""
    body = dumps(problem_body(refused.status, refused.detail, code=refused.code))
    headers = [(b"content-type", CONTENT_TYPE.encode()), (b"content-length", b"%d" % len(body))]
    headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": refused.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
