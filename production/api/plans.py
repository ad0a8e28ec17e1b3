"""Schedules, jobs and checklists over HTTP (api contract §4)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.views import APIView, Guarded, ModelViewSet, OneObject, ReadOnlyViewSet
from core.db import lock
from equipment.models import Line
from production import actions
from production.actions.jobs import take_job
from production.api import plan_filters as filters
from production.api import plan_serializers as serializers
from production.api.acted import Acted
from production.models import ChecklistItem, JobAssignment, ProductionSchedule
from production.selectors import average_changeovers, changeovers, checklist_of, unanswered

WORK = "production.work_jobassignment"
BOTH = {"GET": "production.view_jobassignment", "POST": WORK}


class ScheduleViewSet(Acted, ReadOnlyViewSet):
    """What is to be made when, the latest first. The status follows the jobs; cancelling has its own verb."""

    queryset = ProductionSchedule.objects.select_related("line", "product", "created_by").with_made()
    serializer_class = serializers.ProductionScheduleSerializer
    filterset_class = filters.ScheduleFilter
    search_fields = ("line__line_code", "line__name", "product__model_code", "product__model_name", "notes")
    ordering_fields = (
        "id",
        "scheduled_start",
        "scheduled_end",
        "priority",
        "status",
        "target_quantity",
        "created_at",
    )

    def hold(self, row: ProductionSchedule) -> None:
        lock(Line, row.line_id)
        lock(ProductionSchedule, row.pk)

    @extend_schema(
        request=serializers.PlanScheduleSerializer, responses={201: serializers.ProductionScheduleSerializer}
    )
    def create(self, request: Request) -> Response:
        """Plan a stretch of the line; 409 where it is taken."""
        return self.shown(
            actions.plan_schedule(actor=request.user, **self.read(serializers.PlanScheduleSerializer)), 201
        )

    @extend_schema(request=serializers.PlanScheduleSerializer)
    @transaction.atomic
    def update(self, request: Request, pk: str, partial: bool = False) -> Response:
        """Plan it otherwise; line, product and start stay once somebody is assigned."""
        schedule = self.matched()
        said = self.read(serializers.PlanScheduleSerializer, partial=partial)
        return self.shown(actions.change_schedule(schedule=schedule, actor=request.user, **said))

    @extend_schema(request=serializers.PlanScheduleSerializer(partial=True))
    def partial_update(self, request: Request, pk: str) -> Response:
        """Plan it otherwise."""
        return self.update(request, pk, partial=True)

    @transaction.atomic
    def destroy(self, request: Request, pk: str) -> Response:
        """409 where somebody was assigned to it: cancel it instead."""
        actions.delete_schedule(schedule=self.matched())
        return Response(status=204)

    @extend_schema(request=serializers.CancelPlanSerializer)
    @action(detail=True, methods=["post"], permission="production.cancel_productionschedule")
    @transaction.atomic
    def cancel(self, request: Request, pk: str) -> Response:
        """It will not be made, and its jobs end."""
        schedule, said = self.matched(), self.read(serializers.CancelPlanSerializer)
        return self.shown(actions.cancel_schedule(schedule=schedule, actor=request.user, **said))


class Jobs(Acted):
    """What both views of jobs share."""

    queryset = JobAssignment.objects.with_all()
    serializer_class = serializers.JobAssignmentSerializer
    filterset_class = filters.JobFilter
    search_fields = (
        "machine__equipment_code",
        "schedule__line__line_code",
        "schedule__product__model_code",
        "user__username",
        "notes",
    )
    ordering_fields = (
        "id",
        "assigned_at",
        "started_at",
        "completed_at",
        "status",
        "schedule__scheduled_start",
        "schedule__priority",
    )

    def hold(self, row: JobAssignment) -> None:
        take_job(row)


class JobAssignmentViewSet(Jobs, ReadOnlyViewSet):
    """Who works on which schedule, the latest first. The steps of the work are at `jobs/{id}`."""

    @extend_schema(
        request=serializers.AssignJobSerializer, responses={201: serializers.JobAssignmentSerializer}
    )
    def create(self, request: Request) -> Response:
        """Give a schedule to somebody."""
        said = self.read(serializers.AssignJobSerializer)
        return self.shown(actions.assign_job(actor=request.user, **said), 201)

    @extend_schema(request=serializers.AssignJobSerializer)
    @transaction.atomic
    def update(self, request: Request, pk: str, partial: bool = False) -> Response:
        """Give it to somebody else or to another machine, before it is accepted; notes at any time."""
        job = self.matched()
        said = self.read(serializers.AssignJobSerializer, partial=partial)
        if said.pop("schedule", job.schedule) != job.schedule:
            raise ValidationError({"schedule_id": [_("A job stays with its schedule.")]})
        if said.get("machine", job.machine) is None:
            said.pop("machine")
        return self.shown(actions.change_job(job=job, actor=request.user, **said))

    @extend_schema(request=serializers.AssignJobSerializer(partial=True))
    def partial_update(self, request: Request, pk: str) -> Response:
        """Give it to somebody else or to another machine."""
        return self.update(request, pk, partial=True)

    @transaction.atomic
    def destroy(self, request: Request, pk: str) -> Response:
        """409 once it has been started: cancel it instead."""
        actions.delete_job(job=self.matched(), actor=request.user)
        return Response(status=204)


class JobViewSet(Jobs, Guarded, OneObject, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Jobs as their workers see them; a step is the worker's own, or a manager's."""

    @extend_schema(operation_id="jobs_mine", responses=serializers.JobAssignmentSerializer(many=True))
    @action(detail=False, url_path="my-jobs")
    def my_jobs(self, request: Request) -> Response:
        """One's own jobs."""
        own = self.filter_queryset(self.get_queryset().filter(user=request.user))
        page = self.paginate_queryset(own)
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"], permission=WORK)
    def accept(self, request: Request, pk: str) -> Response:
        """Say that you will do it."""
        return self._step(actions.accept_job)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"], permission=WORK)
    def start(self, request: Request, pk: str) -> Response:
        """The machine makes the job's product from now on; 409 while the checklist is open or the machine is busy."""
        return self._step(actions.start_job)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"], permission=WORK)
    def pause(self, request: Request, pk: str) -> Response:
        """Let the work rest; the machine is free for another job."""
        return self._step(actions.pause_job)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"], permission=WORK)
    def resume(self, request: Request, pk: str) -> Response:
        """Go on."""
        return self._step(actions.resume_job)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"], permission=WORK)
    def complete(self, request: Request, pk: str) -> Response:
        """The work is done."""
        return self._step(actions.complete_job)

    @extend_schema(request=serializers.CancelPlanSerializer)
    @action(detail=True, methods=["post"], permission=WORK)
    def cancel(self, request: Request, pk: str) -> Response:
        """The work will not be done, and why."""
        return self._step(actions.cancel_job, serializers.CancelPlanSerializer)

    @extend_schema(request=serializers.JobCountsSerializer)
    @action(detail=True, methods=["post"], permission=WORK)
    def counts(self, request: Request, pk: str) -> Response:
        """Report pieces: into the counts, OEE, the job and its schedule at once."""
        return self._step(actions.report_pieces, serializers.JobCountsSerializer)

    @extend_schema(methods=["GET"], responses=serializers.JobChecklistSerializer)
    @extend_schema(
        methods=["POST"],
        request=serializers.ChecklistAnswersSerializer,
        responses=serializers.JobChecklistSerializer,
    )
    @action(detail=True, methods=["get", "post"], permissions_by_method=BOTH)
    @transaction.atomic
    def checklist(self, request: Request, pk: str) -> Response:
        """What is asked before the job starts, and what was answered."""
        job = self.matched()
        if request.method == "POST":
            said = self.read(serializers.ChecklistAnswersSerializer)["answers"]
            answers = {answer["item_id"]: answer["value"] for answer in said}
            job = actions.answer_checklist(job=job, answers=answers, actor=request.user)
        shown = {"job_id": job.pk, "ready": not unanswered(job=job), "items": checklist_of(job=job)}
        return Response(serializers.JobChecklistSerializer(shown).data)

    @transaction.atomic
    def _step(self, step: Callable[..., JobAssignment], serializer_class: Any = None) -> Response:
        job, said = self.matched(), self.read(serializer_class) if serializer_class else {}
        return self.shown(step(job=job, actor=self.request.user, **said))


class ChecklistViewSet(ModelViewSet):
    """What is asked on each line before a job starts."""

    queryset: QuerySet[ChecklistItem] = ChecklistItem.objects.all()
    serializer_class = serializers.ChecklistItemSerializer
    filterset_class = filters.ChecklistItemFilter
    search_fields = ("text", "line__line_code")
    ordering_fields = ("id", "line_id", "order", "text", "type")


class ChangeoversView(APIView):
    """How long the machines of a line took from one product to the next, and on average per pair of products."""

    permission = "production.view_productioncount"
    query_names = ("line_id", "start", "end")

    @extend_schema(
        parameters=[serializers.ChangeoverWindowSerializer], responses=serializers.ChangeoversSerializer
    )
    def get(self, request: Request) -> Response:
        asked = serializers.ChangeoverWindowSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        line, start, end = (asked.validated_data[name] for name in ("line", "start", "end"))
        ids = list(line.machines.values_list("pk", flat=True))
        found = changeovers(machine_ids=ids, start=start, end=end)
        shown = {
            "line_id": line.pk,
            "start": start,
            "end": end,
            "changeovers": found,
            "averages": average_changeovers(found),
        }
        return Response(serializers.ChangeoversSerializer(shown).data)
