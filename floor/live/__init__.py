"""The push behind the pages: one LISTEN connection per process, what changed computed once, a bounded queue per socket.

Nothing here is needed for a page to be right: it only says when to look again (see docs/architecture.md).
"""

from floor.live.server import is_listening, lifespan, websocket

__all__ = ["is_listening", "lifespan", "websocket"]
