"""What a client may say, and what is made of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson
from django.utils.translation import gettext as _

SUPPORTED_TYPES = ("subscribe", "unsubscribe", "ping")
SUBSCRIPTION_TYPES = ("floor", "line", "equipment")
MAX_TEXT = 4096  # characters
MAX_ID = 2**63 - 1


class Refused(Exception):
    """Why a message got an `error` for an answer; `code` is stable for programs."""

    def __init__(self, code: str, words: Any, **more: Any) -> None:
        super().__init__(str(words))
        self.data = {"code": code, "message": str(words), **more}


@dataclass(frozen=True, slots=True)
class Target:
    """What somebody wants to watch: the floor, a line by id, or a machine by code."""

    kind: str
    id: int | str | None = None

    @property
    def data(self) -> dict[str, Any]:
        """As confirmations name it."""
        named = {"line": {"line_id": self.id}, "equipment": {"equipment_code": self.id}}
        return {"subscription_type": self.kind, "target_id": self.id, **named.get(self.kind, {})}


def read(text: str | None) -> dict[str, Any]:
    """The message. Raises Refused for bytes, for too much, and for what is no object with a known `type`."""
    if text is None or len(text) > MAX_TEXT:
        raise Refused("malformed", _("Send JSON text of at most %(count)d characters.") % {"count": MAX_TEXT})
    try:
        said = orjson.loads(text)
    except ValueError as exc:
        raise Refused("malformed", _("This is not JSON.")) from exc
    if not isinstance(said, dict) or said.get("type") not in SUPPORTED_TYPES:
        raise Refused("unknown_type", _("Unknown type of message."), supported_types=SUPPORTED_TYPES)
    return said


def target_of(said: dict[str, Any]) -> Target:
    """What a subscribe or unsubscribe names. Raises Refused."""
    if "line_id" in said:
        return Target("line", _line_id(said["line_id"]))
    if "equipment_code" in said:
        return Target("equipment", _code(said["equipment_code"]))
    match said.get("subscription_type"):
        case "floor":
            return Target("floor")
        case "line":
            return Target("line", _line_id(said.get("target_id")))
        case "equipment":
            return Target("equipment", _code(said.get("target_id")))
    raise Refused(
        "unknown_subscription", _("Name what to watch."), supported_subscription_types=SUBSCRIPTION_TYPES
    )


def _line_id(value: Any) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= MAX_ID:
        raise Refused("malformed", _("A line is named by its id, a whole number."))
    return value


def _code(value: Any) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= 64 or "\x00" in value:
        raise Refused("malformed", _("A machine is named by its equipment code."))
    return value
