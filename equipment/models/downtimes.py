"""The stops of the timelines, as people speak of them: who reported one, who confirmed it, what was noted."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from equipment.choices import NOT_DOWN, WAITS, DowntimeCategory, LossCategory, State
from equipment.models.plant import Machine
from equipment.models.states import StopReason

MINOR_STOP_SECONDS = 300  # where no policy says otherwise (OEE contract R8)

_PLANNED = Q(reason__planned=True)
_UNPLANNED = Q(reason__planned=False)
_IS_CHANGEOVER = (
    Q(reason=None, state=State.SETUP)
    | _UNPLANNED & Q(reason__loss_category=LossCategory.SETUP)
    | _UNPLANNED & Q(state=State.SETUP, reason__loss_category__in=[LossCategory.OTHER, LossCategory.PLANNED])
)
_IS_PLANNED = _PLANNED | Q(reason=None, state__in=[State.CLEANING, State.ENGINEERING, State.IDLE])

CATEGORY = Case(
    When(_IS_CHANGEOVER, then=Value(DowntimeCategory.CHANGEOVER)),
    When(state=State.MAINTENANCE, then=Value(DowntimeCategory.MAINTENANCE)),
    When(_IS_PLANNED, then=Value(DowntimeCategory.PLANNED)),
    default=Value(DowntimeCategory.UNPLANNED),
    output_field=models.CharField(),
)


class MinorStopLimit(NamedTuple):
    """Stops of a site that begin at `since` or later are minor below so many seconds, until its next limit."""

    site_id: int
    since: datetime
    seconds: int


class DowntimeQuerySet(models.QuerySet):
    """Stops."""

    def visible_to(self, user: Any) -> DowntimeQuerySet:
        """The plant's, and those of machines that belong to this user alone."""
        return self.filter(machine__in=Machine.objects.visible_to(user))

    def touching(self, start: Any, end: Any) -> DowntimeQuerySet:
        """Those that share time with [start, end)."""
        return self.filter(Q(ended_at__isnull=True) | Q(ended_at__gt=start), started_at__lt=end)

    def open(self) -> DowntimeQuerySet:
        """Those that last still."""
        return self.filter(ended_at__isnull=True)

    def with_category(self) -> DowntimeQuerySet:
        """Each with `category`, a word of DowntimeCategory: what the OEE makes of its state and reason."""
        return self.annotate(category=CATEGORY)

    def with_minor(self, limits: Iterable[MinorStopLimit], now: datetime) -> DowntimeQuerySet:
        """Each with `minor`: an unplanned stop whose whole length, so far at least, is below its site's limit."""
        newest_first = sorted(limits, key=lambda limit: limit.since, reverse=True)
        allowed = [
            When(
                machine__line__area__site_id=limit.site_id, started_at__gte=limit.since, then=_seconds(limit)
            )
            for limit in newest_first
        ]
        default = Value(timedelta(seconds=MINOR_STOP_SECONDS))
        short = Q(started_at__gt=Coalesce("ended_at", Value(now)) - F("minor_limit"))
        is_wait = Q(state__in=WAITS) & ~_IS_CHANGEOVER & short
        minor = ~_PLANNED & (_UNPLANNED & Q(reason__loss_category=LossCategory.MINOR_STOP) | is_wait)
        return self.annotate(
            minor_limit=Case(*allowed, default=default, output_field=models.DurationField())
        ).annotate(minor=Case(When(minor, then=True), default=False, output_field=models.BooleanField()))

    def with_people(self) -> DowntimeQuerySet:
        """Each with its machine and line, its reason, and who had a hand in it."""
        return self.select_related("machine__line", "reason", "reported_by", "confirmed_by")


def _seconds(limit: MinorStopLimit) -> Value:
    return Value(timedelta(seconds=limit.seconds))


class Downtime(models.Model):
    """One stop: an interval of the timeline that is neither RUNNING nor UNKNOWN.

    Edges, state and reason follow the timeline (equipment/downtime_rows.py) and are written by nothing else; the
    id and what people added stay with the stop when late words of the machine move its edges.
    """

    machine = models.ForeignKey(
        Machine, verbose_name=_("machine"), on_delete=models.PROTECT, related_name="downtimes"
    )
    state = models.CharField(_("state"), max_length=20, choices=State.choices)
    reason = models.ForeignKey(
        StopReason,
        verbose_name=_("reason"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    started_at = models.DateTimeField(_("started"))
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    reported_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("reported by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("confirmed by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, blank=True)
    notes = models.TextField(_("notes"), blank=True, db_default="")

    objects = DowntimeQuerySet.as_manager()

    class Meta:
        verbose_name = _("downtime")
        verbose_name_plural = _("downtimes")
        ordering = ("-started_at", "-id")
        indexes = [
            models.Index(fields=["-started_at", "-id"], name="equipment_downtime_recent"),
            models.Index(
                fields=["machine"], condition=Q(ended_at__isnull=True), name="equipment_downtime_open"
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["machine", "started_at"],
                deferrable=models.Deferrable.DEFERRED,  # rows of a rebuilt timeline may change places
                name="equipment_downtime_one_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gt=F("started_at")),
                name="equipment_downtime_positive",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[state for state in State.values if state not in NOT_DOWN]),
                name="equipment_downtime_state_is_a_stop",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by=None, confirmed_at=None)
                | Q(confirmed_by__isnull=False, confirmed_at__isnull=False),
                name="equipment_downtime_confirmation_signed",
            ),
        ]
        permissions = [
            ("explain_downtime", "Can give downtimes their reason"),
            ("close_downtime", "Can end downtimes"),
            ("split_downtime", "Can split downtimes"),
            ("confirm_downtime", "Can confirm downtimes"),
        ]

    def __str__(self) -> str:
        return f"{self.machine_id} {self.state} {self.started_at}"

    @property
    def start(self) -> datetime:
        """As an interval of the timeline calls it."""
        return self.started_at

    @property
    def end(self) -> datetime | None:
        """As an interval of the timeline calls it."""
        return self.ended_at
