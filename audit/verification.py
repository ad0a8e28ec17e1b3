"""Proving the trail: walk the chain from its first link and name the first row that does not fit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Exists, Max, OuterRef

from audit.models import AuditLink, AuditLog, AuditSeal
from audit.sealing import COLUMNS, GENESIS, next_digest

BATCH = 1_000


@dataclass(frozen=True, slots=True)
class Verification:
    """What a walk along the chain found.

    `checked` entries are as they were sealed; `digest` is the last good link's, in hexadecimal: kept outside the
    database it proves that nobody rewrote the chain. `sealed_until` is when the newest of them was made.
    """

    valid: bool
    checked: int
    first_invalid_id: int | None
    sealed_until: datetime | None
    digest: str
    detail: str


class Broken(Exception):
    """The chain breaks at the entry `audit_id`; None where no row is left to point at."""

    def __init__(self, audit_id: int | None, detail: str) -> None:
        self.audit_id = audit_id
        super().__init__(detail)


def verify() -> Verification:
    """Compare every sealed entry with its link, and the links with their seals, in constant memory.

    Finds changed, deleted and doubled entries, and links or seals that do not fit; names the first. An entry that is
    not sealed yet is not an error. Sealing may go on meanwhile. What this cannot see is a chain rewritten from some
    row to its end: compare `digest` with one kept outside.
    """
    walk = _Walk()
    try:
        walk.run()
    except Broken as broken:
        return walk.result(valid=False, first_invalid_id=broken.audit_id, detail=str(broken))
    waiting = _unlinked().count()
    return walk.result(valid=True, detail=f"{waiting} entries are not sealed yet" if waiting else "")


@dataclass(slots=True)
class _Walk:
    """Where the walk is: the last good link and the seal it lies under."""

    position: int = 0
    digest: bytes = GENESIS
    last: AuditLink | None = None
    seals: Iterator[AuditSeal] = field(default_factory=lambda: iter(()))
    seal: AuditSeal | None = None

    def run(self) -> None:
        """Raises Broken. The seals' end is read before the links': a batch is committed with both."""
        sealed_to = AuditSeal.objects.aggregate(end=Max("last_position"))["end"] or 0
        end = AuditLink.objects.aggregate(end=Max("position"))["end"] or 0
        covering = AuditSeal.objects.filter(first_position__lte=end).order_by("first_position", "id")
        self.seals = covering.iterator(chunk_size=BATCH)
        while self.position < end:
            links = list(AuditLink.objects.filter(position__gt=self.position, position__lte=end)[:BATCH])
            entries = _entries([link.audit_id for link in links])
            for link in links:
                self._step(link, entries[link.audit_id])
        if self.seal is not None or sealed_to > end:
            raise Broken(self._next_id(), f"the links after position {end} are gone")

    def _step(self, link: AuditLink, entries: list[dict[str, Any]]) -> None:
        """One link further, or Broken."""
        if link.position != self.position + 1:
            raise Broken(link.audit_id, f"link {self.position + 1}, before this entry's, is gone")
        if self.seal is None:
            self.seal = self._next_seal(link)
        self.digest = self._digest_of(link, entries)
        self.position, self.last = link.position, link
        if self.position == self.seal.last_position:
            self._close(self.seal)

    def _next_seal(self, link: AuditLink) -> AuditSeal:
        seal = next(self.seals, None)
        if seal is None or seal.first_position != link.position:
            raise Broken(link.audit_id, "the seal over this entry's link is gone or does not fit")
        return seal

    def _digest_of(self, link: AuditLink, entries: list[dict[str, Any]]) -> bytes:
        if not entries:
            raise Broken(link.audit_id, "the entry is gone")
        if len(entries) > 1:
            raise Broken(link.audit_id, "there is another entry with the same id")
        digest = next_digest(self.digest, entries[0])
        if digest != bytes(link.digest) or entries[0]["created_at"] != link.audit_created_at:
            raise Broken(link.audit_id, "the entry or its link was changed")
        return digest

    def _close(self, seal: AuditSeal) -> None:
        length = seal.last_position - seal.first_position + 1
        if bytes(seal.digest) != self.digest or seal.count != length:
            raise Broken(self.last.audit_id if self.last else None, "the seal that ends here was changed")
        self.seal = None

    def _next_id(self) -> int | None:
        """The entry that should be linked next."""
        after = self.last.audit_id if self.last else 0
        return _unlinked().filter(id__gt=after).order_by("id").values_list("id", flat=True).first()

    def result(self, *, valid: bool, detail: str, first_invalid_id: int | None = None) -> Verification:
        until = self.last.audit_created_at if self.last else None
        return Verification(valid, self.position, first_invalid_id, until, self.digest.hex(), detail)


def _entries(ids: list[int]) -> defaultdict[int, list[dict[str, Any]]]:
    """The entries with these ids: one each, unless somebody was at them."""
    found: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
    for entry in AuditLog.objects.filter(id__in=ids).values(*COLUMNS):
        found[entry["id"]].append(entry)
    return found


def _unlinked() -> Any:
    return AuditLog.objects.filter(~Exists(AuditLink.objects.filter(audit_id=OuterRef("id"))))
