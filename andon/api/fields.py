"""How calls are named over HTTP."""

from __future__ import annotations

from typing import Any

from andon.choices import EventType
from core.api.fields import AnyCaseChoiceField

ALIASES = {"STOP": EventType.STOPPAGE.value}  # the floor dashboard's own word


class EventTypeField(AnyCaseChoiceField):
    """The type of a call in any case, `stop` included."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=EventType.choices, **kwargs)

    def to_internal_value(self, data: Any) -> Any:
        return super().to_internal_value(ALIASES.get(data.upper(), data) if isinstance(data, str) else data)
