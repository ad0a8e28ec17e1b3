"""One port for all: HTTP goes to Django's WSGI handler on a thread pool, the websocket stays on the event loop."""

from __future__ import annotations

import gc
import os
from typing import Any

from a2wsgi import WSGIMiddleware

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "factory_mes.settings")

from factory_mes.wsgi import application as wsgi_application  # noqa: E402  Django must be set up first

# isort: split
from factory_mes import urls  # noqa: E402, F401  now, and not for the first caller
from factory_mes.bodies import whole_bodies  # noqa: E402
from floor import live  # noqa: E402

APPLICATIONS = {
    "http": whole_bodies(WSGIMiddleware(wsgi_application, workers=10)),
    "websocket": live.websocket,
    "lifespan": live.lifespan,
}

gc.collect()
gc.freeze()  # what is loaded stays: looking through it again and again took half the time of a large batch


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """ASGI entry point."""
    await APPLICATIONS[scope["type"]](scope, receive, send)
