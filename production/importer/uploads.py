"""Uploaded files of imports, below MES_HOME: uploads/imports/<uuid>/<role>.csv. No name of a client in any path."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings

from production.importer.column_map import Role
from production.importer.tables import SourceFile

KEPT_FOR = timedelta(days=7)


def folder() -> Path:
    return Path(settings.MEDIA_ROOT) / "imports"


def store(files: Mapping[Role, SourceFile]) -> dict[str, str]:
    """Keep the files; their paths below the folder, by role."""
    name = uuid.uuid4().hex
    place = folder() / name
    place.mkdir(parents=True, mode=0o700)
    for role, source in files.items():
        (place / f"{role.value}.csv").write_bytes(source.content)
    return {role.value: f"{name}/{role.value}.csv" for role in files}


def are_there(stored: Mapping[str, str]) -> bool:
    return bool(stored) and all((folder() / path).is_file() for path in stored.values())


def load(stored: Mapping[str, str], names: Mapping[str, str]) -> dict[Role, SourceFile]:
    """The files again, under the names their owner knows. Raises FileNotFoundError where they have gone."""
    return {
        Role(role): SourceFile(names.get(role, role), (folder() / path).read_bytes())
        for role, path in stored.items()
    }


def discard(stored: Mapping[str, str]) -> None:
    """Delete the files; those that have gone already are no error."""
    for place in {(folder() / path).parent for path in stored.values()}:
        shutil.rmtree(place, ignore_errors=True)


def discard_old(now: datetime) -> int:
    """Delete what is older than a week; how many uploads that were."""
    places = [place for place in folder().glob("*") if place.is_dir()]
    old = [place for place in places if place.stat().st_mtime < (now - KEPT_FOR).timestamp()]
    for place in old:
        shutil.rmtree(place, ignore_errors=True)
    return len(old)
