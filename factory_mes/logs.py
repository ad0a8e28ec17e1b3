"""Logs as one JSON object per line on standard error, each with its request id."""

from __future__ import annotations

import re
from typing import Any

import structlog

SECRET_IN_ADDRESS = re.compile(r"(reset[-_]password/|[?&](?:token|refresh_token)=)[^\s/&\"']+")


def hide_secrets(logger: Any, method: str, event: dict[str, Any]) -> dict[str, Any]:
    """A log line names an address, never the token in it: whoever reads logs could use it."""
    return {
        key: SECRET_IN_ADDRESS.sub(r"\1***", value) if isinstance(value, str) else value
        for key, value in event.items()
    }


SHARED = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
    structlog.processors.format_exc_info,
    hide_secrets,
]


def logging_config(*, level: str, pretty: bool) -> dict[str, Any]:
    """Django's LOGGING; structlog and the standard library end in the same formatter."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    renderer = (
        structlog.dev.ConsoleRenderer() if pretty else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    formatter = {
        "()": structlog.stdlib.ProcessorFormatter,
        "processor": renderer,
        "foreign_pre_chain": SHARED,
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": formatter},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django.request": {"level": "ERROR"},  # refusals are in the request log, with their status
            "httpx": {"level": "WARNING"},
            "django.server": {"level": "WARNING"},
            "axes": {"level": "WARNING"},
            "procrastinate": {"level": "WARNING"},
        },
    }
