"""One port for all: HTTP goes to Django's WSGI handler on a thread pool, the websocket stays on the event loop."""

from __future__ import annotations

import os
from typing import Any

from a2wsgi import WSGIMiddleware

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "factory_mes.settings")

from factory_mes.wsgi import application as wsgi_application  # noqa: E402  Django must be set up first

pages = WSGIMiddleware(wsgi_application, workers=10)


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """ASGI entry point."""
    if scope["type"] == "http":
        await pages(scope, receive, send)
