"""The font of labels and printed documents, Latin letters and Hangul: where its files are, and a check that they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import Error, register

FILES = {
    "Pretendard": "pretendard/dist/public/static/alternative/Pretendard-Regular.ttf",
    "Pretendard-Bold": "pretendard/dist/public/static/alternative/Pretendard-Bold.ttf",
}


def path_of(name: str) -> Path:
    """The file of a font, among the front-end packages."""
    return Path(settings.BASE_DIR) / "node_modules" / FILES[name]


@register
def fonts_are_installed(app_configs: Any, **kwargs: Any) -> list[Error]:
    """production.E001: no label could be printed."""
    missing = [FILES[name] for name in FILES if not path_of(name).exists()]
    hint = "Install the front-end packages: make node_modules"
    return [Error(f"No file node_modules/{name}", hint=hint, id="production.E001") for name in missing]
