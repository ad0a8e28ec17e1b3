"""How calls were answered, over HTTP."""

from __future__ import annotations

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from andon.api.serializers import StatisticsQuerySerializer, StatisticsSerializer
from andon.selectors.statistics import statistics
from core.api.views import APIView


class StatisticsView(APIView):
    """Times to acknowledge and to resolve, escalations, repeats, floods, what chatters, what is stale, the top ten."""

    permission = "andon.view_andonevent"
    query_names = ("start", "end", "line_id")

    @extend_schema(parameters=[StatisticsQuerySerializer], responses=StatisticsSerializer, tags=["andon"])
    def get(self, request: Request) -> Response:
        asked = StatisticsQuerySerializer(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        told = statistics(**asked.validated_data, now=timezone.now())
        return Response(StatisticsSerializer(told).data)
