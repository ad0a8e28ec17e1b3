"""What analytics answer, for the OpenAPI document: every key, and what its figure means.

Rates are per cent with two decimals, null of nothing. Where clients know two sets of names, both are there.
"""

from __future__ import annotations

from rest_framework import serializers

from core.api.fields import AwareDateTimeField


def number(text: str) -> serializers.IntegerField:
    return serializers.IntegerField(help_text=text)


def rate(text: str) -> serializers.FloatField:
    return serializers.FloatField(allow_null=True, help_text=f"Per cent: {text}; null of nothing.")


def seconds(text: str) -> serializers.FloatField:
    return serializers.FloatField(allow_null=True, help_text=text)


def shape(name: str, **fields: serializers.Field) -> type[serializers.Serializer]:
    """A serializer for the schema alone."""
    return type(name, (serializers.Serializer,), {"__module__": __name__, **fields})


CYCLE = "Mean time from start to completion, of the records that took any."
EXECUTIONS = "Completed records, of units and of lots, however they ended."

DashboardSerializer = shape(
    "AnalyticsDashboard",
    lot_statistics=shape(
        "LotStatistics",
        total_lots=number("Lots there are."),
        lots_today=number("Lots opened today, on the clock of the first site."),
        lots_this_week=number("Lots opened since Monday."),
        active_lots=number("Lots CREATED or IN_PROGRESS."),
    )(),
    serial_statistics=shape(
        "SerialStatistics",
        total_serials=number("Units there are."),
        serials_today=number("Units made today."),
        in_progress=number("Units IN_PROGRESS now."),
        passed=number("Units PASSED now."),
        failed=number("Units FAILED now."),
    )(),
    quality_metrics=shape(
        "OverallQuality",
        overall_pass_rate=rate("units PASSED now of all units"),
        defect_rate=rate("units FAILED now of all units"),
        rework_rate=rate("units reworked at least once of all units"),
    )(),
    process_performance=shape(
        "OverallPerformance",
        total_executions=number(EXECUTIONS),
        avg_cycle_time_seconds=seconds(CYCLE),
        total_failures=number("Records that ended in FAIL."),
    )(),
    lots=shape(
        "LotCounts",
        total=number("Lots there are."),
        today=number("Lots opened today."),
        this_week=number("Lots opened since Monday."),
        active=number("Lots CREATED or IN_PROGRESS."),
        completed_today=number("Lots completed today."),
    )(),
    serials=shape(
        "SerialCounts",
        total=number("Units there are."),
        today=number("Units made today."),
        this_week=number("Units made since Monday."),
        in_progress=number("Units IN_PROGRESS now."),
        passed_today=number("Units that PASSED today."),
        failed_today=number("Units that FAILED today and still are."),
    )(),
    quality=shape(
        "QualityToday",
        overall_pass_rate=rate("units PASSED now of all units"),
        today_pass_rate=rate("units PASSED of those that ended today"),
        defect_rate=rate("units FAILED now of all units"),
        rework_rate=rate("units reworked at least once of all units"),
    )(),
    processes=shape(
        "ProcessesToday",
        total_executions_today=number("Records completed today."),
        average_cycle_time_seconds=seconds(f"Today. {CYCLE}"),
        failures_today=number("Records that ended in FAIL today."),
    )(),
)

PeriodSerializer = shape("DateRange", start=serializers.DateField(), end=serializers.DateField())

ProductionStatsSerializer = shape(
    "ProductionStats",
    date_range=PeriodSerializer(),
    lots_by_date=shape("LotsOfDay", date=serializers.DateField(), count=number("Lots opened."))(many=True),
    serials_by_date=shape(
        "SerialsOfDay",
        date=serializers.DateField(),
        total=number("Units made on the day."),
        passed=number("Units that PASSED on the day, whenever they were made."),
        failed=number("Units that FAILED on the day and still are."),
        pass_rate=rate("passed of passed and failed"),
    )(many=True),
    total_lots=number("Lots opened in the period."),
    total_serials=number("Units made in the period."),
    completed_serials=number("Units that passed or failed in the period."),
    pass_count=number("Of these, PASSED."),
    fail_count=number("Of these, FAILED."),
    rework_count=number("Times a unit was sent to rework in the period."),
    pass_rate=rate("pass_count of completed_serials"),
    defect_rate=rate("fail_count of completed_serials"),
)

ProcessPerformanceSerializer = shape(
    "ProcessPerformance",
    processes=shape(
        "PerformanceOfProcess",
        process_id=serializers.IntegerField(),
        process_number=serializers.IntegerField(),
        process_code=serializers.CharField(),
        process_name=serializers.CharField(
            help_text="As it is called at the line: Korean where there is one."
        ),
        process_name_ko=serializers.CharField(),
        process_name_en=serializers.CharField(),
        total_executions=number(EXECUTIONS),
        success_count=number("Records that ended in PASS."),
        failure_count=number("Records that ended in FAIL."),
        rework_count=number("Records that ended in REWORK."),
        success_rate=rate("success_count of total_executions"),
        avg_cycle_time_seconds=seconds(CYCLE),
        average_cycle_time_seconds=seconds("The same."),
        estimated_duration_seconds=serializers.IntegerField(allow_null=True),
    )(many=True),
    summary=shape(
        "PerformanceOfAll",
        total_processes=number("Processes listed: the active ones, and those with records in the period."),
        total_executions=number(EXECUTIONS),
        overall_success_rate=rate("PASS of all executions"),
    )(),
)

QualityMetricsSerializer = shape(
    "QualityMetrics",
    analysis_period_days=number("Days looked at, today included."),
    date_range=PeriodSerializer(),
    defects_by_process=shape(
        "FailuresOfProcess",
        process_code=serializers.CharField(),
        process_name_ko=serializers.CharField(),
        process_name_en=serializers.CharField(),
        failure_count=number("Records that ended in FAIL; processes without any are left out."),
    )(many=True),
    defects_by_code=shape(
        "DefectsOfCode", defect_code=serializers.CharField(), count=number("Times it was named.")
    )(many=True),
    rework_distribution=shape(
        "UnitsByRework", rework_count=number("0 to 3."), serial_count=number("Units now, of all time.")
    )(many=True),
    quality_trend=shape(
        "QualityOfDay",
        date=serializers.DateField(),
        total_completed=number("Units that passed or failed on the day."),
        passed=number("Of these, PASSED."),
        pass_rate=rate("passed of total_completed"),
    )(many=True),
    total_inspected=number(f"{EXECUTIONS} Each is one inspection."),
    pass_count=number("PASS."),
    fail_count=number("FAIL."),
    rework_count=number("REWORK."),
    pass_rate=rate("PASS of total_inspected"),
    defect_rate=rate("FAIL of total_inspected"),
    rework_rate=rate("REWORK of total_inspected"),
    by_process=shape(
        "QualityOfProcess",
        process_code=serializers.CharField(),
        process_name=serializers.CharField(),
        total=number(EXECUTIONS),
        **{"pass": number("PASS.")},
        fail=number("FAIL."),
        rework=number("REWORK."),
        pass_rate=rate("PASS of total"),
    )(many=True),
)

OperatorPerformanceSerializer = shape(
    "OperatorPerformance",
    analysis_period_days=number("Days looked at, today included."),
    date_range=PeriodSerializer(),
    operators=shape(
        "PerformanceOfOperator",
        operator_id=serializers.IntegerField(),
        full_name=serializers.CharField(),
        username=serializers.CharField(),
        total_operations=number("Completed records of this person in the period."),
        successful_operations=number("PASS."),
        failed_operations=number("FAIL."),
        success_rate=rate("successful_operations of total_operations"),
        average_cycle_time_seconds=seconds(CYCLE),
    )(many=True),
)

RealtimeStatusSerializer = shape(
    "RealtimeStatus",
    timestamp=AwareDateTimeField(),
    active_lots=shape(
        "ActiveLot",
        id=serializers.IntegerField(),
        lot_number=serializers.CharField(),
        product_model_id=serializers.IntegerField(),
        model_code=serializers.CharField(),
        status=serializers.CharField(),
        target_quantity=serializers.IntegerField(),
        actual_quantity=serializers.IntegerField(),
        passed_quantity=serializers.IntegerField(),
        failed_quantity=serializers.IntegerField(),
        created_at=AwareDateTimeField(),
    )(many=True, help_text="The newest ten that are CREATED or IN_PROGRESS."),
    in_progress_serials=shape(
        "UnitInProgress",
        id=serializers.IntegerField(),
        serial_number=serializers.CharField(),
        lot_id=serializers.IntegerField(),
        lot_number=serializers.CharField(),
        sequence_in_lot=serializers.IntegerField(),
        status=serializers.CharField(),
        rework_count=serializers.IntegerField(),
        created_at=AwareDateTimeField(),
    )(many=True, help_text="The newest twenty."),
    recent_process_executions=shape(
        "RecentExecution",
        id=serializers.IntegerField(),
        serial_number=serializers.CharField(allow_null=True),
        lot_number=serializers.CharField(),
        process_code=serializers.CharField(),
        result=serializers.CharField(allow_null=True),
        started_at=AwareDateTimeField(),
        created_at=AwareDateTimeField(),
    )(many=True, help_text="The ten begun last; one's own alone for who may not see what others recorded."),
)
