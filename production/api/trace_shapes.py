"""What trace, genealogy and recall look like in JSON, for the API's document."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from production.choices import DataLevel, LotStatus, Result, SerialStatus, Shift


class WhoSerializer(serializers.Serializer):
    """When something happened, and who did it."""

    at = serializers.DateTimeField()
    by_id = serializers.IntegerField(allow_null=True)
    by = serializers.CharField(allow_null=True)


class TimelineEventSerializer(WhoSerializer):
    """One event; `details` depend on its kind."""

    event = serializers.ChoiceField(
        choices=[
            "created",
            "step_started",
            "step_completed",
            "defect",
            "component",
            "rework",
            "label",
            "status",
            "correction",
        ]
    )
    details = serializers.DictField()


class LotInfoSerializer(serializers.Serializer):
    lot_number = serializers.CharField()
    product_model = serializers.CharField(help_text="Its code.")
    product_name = serializers.CharField()
    production_date = serializers.DateField()
    shift = serializers.ChoiceField(choices=Shift.choices)
    target_quantity = serializers.IntegerField()
    status = serializers.ChoiceField(choices=LotStatus.choices)


class TraceStepSerializer(serializers.Serializer):
    """One execution of a process; `process_data` are its measurements."""

    process_data_id = serializers.IntegerField()
    process_number = serializers.IntegerField()
    process_code = serializers.CharField()
    process_name = serializers.CharField()
    process_name_en = serializers.CharField()
    process_name_ko = serializers.CharField()
    data_level = serializers.ChoiceField(choices=DataLevel.choices)
    equipment_code = serializers.CharField(allow_null=True)
    worker_id = serializers.IntegerField()
    worker_name = serializers.CharField()
    start_time = serializers.DateTimeField()
    complete_time = serializers.DateTimeField(allow_null=True)
    duration_seconds = serializers.FloatField(allow_null=True)
    result = serializers.ChoiceField(choices=Result.choices, allow_null=True)
    process_data = serializers.DictField()
    defects = serializers.JSONField()
    notes = serializers.CharField()
    is_rework = serializers.BooleanField()


class ReworkShape(WhoSerializer):
    """One time the unit was sent back."""

    number = serializers.IntegerField()
    reason = serializers.CharField()
    failure_reason = serializers.CharField()
    process_code = serializers.CharField(allow_null=True)


class ComponentShape(WhoSerializer):
    """One component scanned into the unit."""

    part_code = serializers.CharField()
    component_lot = serializers.CharField()
    supplier = serializers.CharField()
    quantity = serializers.FloatField()
    process_code = serializers.CharField(allow_null=True)


class ReprintShape(WhoSerializer):
    """The label printed once more."""

    number = serializers.IntegerField()
    reason = serializers.CharField()


class TraceSerializer(serializers.Serializer):
    """The whole history of a unit. `wip_info` is null: a unit bears its number from its first step on."""

    id = serializers.IntegerField()
    serial_number = serializers.CharField()
    lot_id = serializers.IntegerField()
    lot_number = serializers.CharField()
    sequence_in_lot = serializers.IntegerField()
    status = serializers.ChoiceField(choices=SerialStatus.choices)
    rework_count = serializers.IntegerField()
    failure_reason = serializers.CharField()
    is_scrapped = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    completed_at = serializers.DateTimeField(allow_null=True)
    lot_info = LotInfoSerializer()
    wip_info = serializers.DictField(allow_null=True)
    process_history = TraceStepSerializer(many=True)
    rework_history = ReworkShape(many=True)
    component_lots = serializers.DictField(
        child=serializers.CharField(), help_text="By part: {busbar_lot: number of its lot}."
    )
    components = ComponentShape(many=True)
    label_prints = ReprintShape(many=True)
    total_cycle_time_seconds = serializers.FloatField()
    timeline = TimelineEventSerializer(many=True)


class SubjectSerializer(serializers.Serializer):
    """What was asked about."""

    kind = serializers.ChoiceField(choices=["serial", "lot", "component_lot"])
    id = serializers.IntegerField()
    number = serializers.CharField()


class HoldingSerializer(serializers.Serializer):
    """A unit and how much of the component lot it holds."""

    id = serializers.IntegerField()
    serial_number = serializers.CharField()
    status = serializers.ChoiceField(choices=SerialStatus.choices)
    quantity = serializers.FloatField()


class NodeSerializer(serializers.Serializer):
    """A lot or a component lot; what is `repeated` is drawn in full elsewhere in the tree."""

    kind = serializers.ChoiceField(choices=["lot", "component_lot"])
    id = serializers.IntegerField()
    number = serializers.CharField()
    title = serializers.CharField(help_text="Code of the product, or of the part.")
    status = serializers.CharField()
    quantity = serializers.FloatField(allow_null=True)
    units = serializers.IntegerField(allow_null=True)
    serials = HoldingSerializer(many=True)
    repeated = serializers.BooleanField()
    children = serializers.SerializerMethodField()

    @extend_schema_field({"type": "array", "items": {"$ref": "#/components/schemas/Node"}})
    def get_children(self, node: object) -> list[object]:
        return []


class GenealogySerializer(serializers.Serializer):
    """Two trees: what the subject was made from, and where it was used."""

    subject = SubjectSerializer()
    up = NodeSerializer(many=True)
    down = NodeSerializer(many=True)


class BalanceSerializer(serializers.Serializer):
    """received = consumed + remaining; consumed lies in units, by what became of them. `balanced` says that it adds up."""

    received = serializers.FloatField()
    consumed = serializers.FloatField()
    remaining = serializers.FloatField()
    in_passed = serializers.FloatField()
    in_failed = serializers.FloatField(help_text="Failed units that may be reworked.")
    in_scrapped = serializers.FloatField()
    in_progress = serializers.FloatField()
    balanced = serializers.BooleanField()


class AffectedComponentLotSerializer(BalanceSerializer):
    id = serializers.IntegerField()
    part_code = serializers.CharField()
    lot_number = serializers.CharField()
    supplier = serializers.CharField()
    status = serializers.CharField()
    made_in_id = serializers.IntegerField(allow_null=True)
    made_in = serializers.CharField(allow_null=True)
    units = serializers.IntegerField(help_text="That hold some of it.")


class AffectedLotSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    lot_number = serializers.CharField()
    product_code = serializers.CharField()
    product_name = serializers.CharField()
    status = serializers.ChoiceField(choices=LotStatus.choices)
    production_date = serializers.DateField()
    units = serializers.IntegerField()
    affected_units = serializers.IntegerField()


class AffectedSerialSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    serial_number = serializers.CharField()
    lot_number = serializers.CharField()
    product_code = serializers.CharField()
    status = serializers.ChoiceField(choices=SerialStatus.choices)
    is_scrapped = serializers.BooleanField()
    quantity = serializers.FloatField(
        allow_null=True,
        help_text="Of the recalled component lots themselves; null where only a part holds it.",
    )


class RecallSerializer(serializers.Serializer):
    """Whatever is touched; `balance` is of the component lot asked for, or of those made in the lot asked for."""

    subject = SubjectSerializer()
    component_lots = AffectedComponentLotSerializer(many=True)
    lots = AffectedLotSerializer(many=True)
    serials = AffectedSerialSerializer(many=True)
    by_status = serializers.DictField(child=serializers.IntegerField())
    balance = BalanceSerializer()
