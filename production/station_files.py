"""Completions that test programs drop as JSON files: each is taken in once and moved to `done/` or `error/`.

A file is read when it has not grown for a while and is no link. What became of it is committed before it is moved;
should the power fail in between, the file is found again, recognised, and moved without a second record. The format is
docs/station-files.md.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import structlog
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import IdempotencyKey, User
from core.context import act_as
from core.errors import DomainError, Invalid
from production.actions.records import finish_step
from production.models import ProcessData
from production.record_input import Given, invalid, read_record

MAX_FILE = 1024 * 1024
MAX_FILE_ID = 200
MAX_NAME = 200  # bytes of a file's name, so that a suffix and an explanation find room
DONE, ERROR = "done", "error"

log = structlog.get_logger(__name__)
Look = tuple[int, int]  # size, and time of the last change


@dataclass(slots=True)
class Folder:
    """A folder of drops, looked at again and again; who its records are entered by."""

    path: Path
    user: User
    seen: dict[str, Look] = field(default_factory=dict)  # files that were not there, or were growing, before

    def __post_init__(self) -> None:
        for name in (DONE, ERROR):
            (self.path / name).mkdir(exist_ok=True)

    def look(self) -> int:
        """Take in every file that is as it was at the last look, the oldest first; how many have been dealt with."""
        present = dict(self._files())
        ready = [name for name, look in present.items() if self.seen.get(name) == look]
        self.seen = present
        oldest_first = sorted(ready, key=lambda name: (present[name][1], name))
        return sum(self._tried(name) for name in oldest_first)

    def _files(self) -> Iterator[tuple[str, Look]]:
        """Files, links and pipes named *.json; what is being written has another name, or grows."""
        with os.scandir(self.path) as entries:
            for entry in entries:
                if entry.name.startswith(".") or not entry.name.lower().endswith(".json"):
                    continue
                try:
                    found = entry.stat(follow_symlinks=False)
                except FileNotFoundError:
                    continue
                if not stat.S_ISDIR(found.st_mode):
                    yield entry.name, (found.st_size, found.st_mtime_ns)

    def _tried(self, name: str) -> bool:
        """One file that cannot be moved holds up no other."""
        try:
            return self._deal_with(name)
        except OSError as exc:
            log.error("station_file_stuck", file=_shown(name), exc_info=exc)
            return False

    def _deal_with(self, name: str) -> bool:
        try:
            taken = take_in(name, _read(self.path / name), user=self.user)
        except FileNotFoundError:  # somebody else was faster
            return False
        except DomainError as refusal:
            log.warning("station_file_refused", file=_shown(name), why=refusal.detail)
            self._explain(self._move(name, ERROR), refusal)
            return True
        log.info("station_file_taken", file=_shown(name), record_id=taken)
        self._move(name, DONE)
        return True

    def _move(self, name: str, where: str) -> Path | None:
        """To done/ or error/, beside what bears the same name there; None where somebody else was faster."""
        target = _free(self.path / where, name)
        try:
            os.rename(self.path / name, target)
        except FileNotFoundError:
            return None
        self.seen.pop(name, None)
        return target

    def _explain(self, target: Path | None, refusal: DomainError) -> None:
        if target is not None:
            words = [f"{name}: {text}" for name, texts in refusal.errors.items() for text in texts]
            text = "\n".join([refusal.detail, *(word for word in words if word != refusal.detail)])
            target.with_name(f"{target.name}.error.txt").write_text(f"{text}\n", encoding="utf-8")


def _shown(name: str) -> str:
    """A file's name may hold bytes that are no text."""
    return os.fsencode(name).decode("utf-8", "replace")


def _free(folder: Path, name: str) -> Path:
    """The name, with a number where it is taken."""
    stem = os.fsdecode(os.fsencode(name)[: -len(".json")][:MAX_NAME])
    target, number = folder / f"{stem}.json", 1
    while os.path.lexists(target):
        number += 1
        target = folder / f"{stem}.{number}.json"
    return target


def _read(path: Path) -> bytes:
    """The bytes of a plain file. Raises Invalid for a link, a pipe, and what is too large or may not be read."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        raise
    except OSError as exc:
        raise Invalid(_("The file cannot be read: %(why)s") % {"why": exc.strerror}) from exc
    with os.fdopen(handle, "rb") as file:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):
            raise Invalid(_("This is no plain file."))
        if found.st_size > MAX_FILE:
            raise Invalid(_("The file is larger than %(most)d bytes.") % {"most": MAX_FILE})
        return file.read(MAX_FILE)


def take_in(name: str, body: bytes, *, user: User) -> int | None:
    """Record what the file says; the record's id, None where it was taken in before. Raises DomainError."""
    said = _decoded(body)
    key = _key(name, body, said.get("file_id"))
    given = read_record({**said, "operator_id": _operator(said.get("operator"))})
    _check_complete(given)
    with transaction.atomic(), act_as(actor=user, source="command"):
        _row, fresh = IdempotencyKey.objects.get_or_create(
            owner=user, key=key, defaults={"fingerprint": hashlib.sha256(body).hexdigest()}
        )
        if not fresh:
            return None
        record: ProcessData = finish_step(given=given, actor=user)
    return record.pk


def _decoded(body: bytes) -> dict[str, Any]:
    try:
        said = orjson.loads(body.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as exc:
        raise Invalid(_("The file is not valid JSON: %(why)s") % {"why": exc}) from exc
    if not isinstance(said, dict):
        raise Invalid(_("A completion is a JSON object."))
    return said


def _key(name: str, body: bytes, file_id: Any) -> str:
    """What makes a file one and the same: the id it bears, else its name and contents."""
    if file_id is None:
        digest = hashlib.sha256(name.encode(errors="surrogateescape") + b"\0" + body).hexdigest()
        return f"station-file:{digest}"
    if not isinstance(file_id, str) or not 0 < len(file_id) <= MAX_FILE_ID or not file_id.isprintable():
        raise invalid("file_id", _("A text of at most %(most)d characters.") % {"most": MAX_FILE_ID})
    return f"station-file-id:{file_id}"


def _check_complete(given: Given) -> None:
    for name in ("serial_number", "process_code", "result"):
        if getattr(given, name) is None:
            raise invalid(name, _("This field is required."))


def _operator(named: Any) -> int | None:
    """The account of this user name or badge; without one, the records are those of the folder's own."""
    if named is None:
        return None
    if not isinstance(named, str) or "\x00" in named:
        raise invalid("operator", _("A user name or a badge is a text."))
    people = User.objects.filter(Q(username__iexact=named) | Q(employee__badge=named), is_active=True)
    found = people.order_by("pk").first()
    if found is None:
        raise invalid("operator", _("There is no active account of this user name or badge."))
    return found.pk
