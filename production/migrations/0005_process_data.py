"""Process data, partitioned by month of `started_at`; made ahead, moved over from the default where it came earlier."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

TABLE = """
CREATE TABLE production_processdata (
    id bigserial NOT NULL,
    data_level varchar(6) NOT NULL,
    result varchar(6) NULL,
    measurements jsonb NOT NULL,
    defects jsonb NOT NULL,
    notes varchar(1000) NOT NULL,
    process_order integer NOT NULL CHECK (process_order >= 0),
    override_reason text NOT NULL,
    started_at timestamp with time zone NOT NULL,
    completed_at timestamp with time zone NULL,
    day date NOT NULL,
    created_at timestamp with time zone NOT NULL,
    lot_id bigint NOT NULL,
    machine_id bigint NULL,
    operator_id bigint NOT NULL,
    process_id bigint NOT NULL,
    serial_id bigint NULL,
    PRIMARY KEY (id, started_at)
) PARTITION BY RANGE (started_at);
CREATE TABLE production_processdata_default PARTITION OF production_processdata DEFAULT;
CREATE INDEX production_record_time ON production_processdata (started_at, id);
CREATE INDEX production_record_serial ON production_processdata (serial_id, started_at);
CREATE INDEX production_record_lot ON production_processdata (lot_id, started_at);
CREATE INDEX production_record_process ON production_processdata (process_id, started_at);
CREATE INDEX production_record_operator ON production_processdata (operator_id, started_at);
CREATE INDEX production_record_machine ON production_processdata (machine_id, started_at) WHERE machine_id IS NOT
    NULL;
CREATE INDEX production_record_not_passed ON production_processdata (result, started_at) WHERE (result IN ('FAIL',
    'REWORK') OR result IS NULL);
ALTER TABLE production_processdata ADD CONSTRAINT production_processdata_level_fits CHECK (((data_level = 'SERIAL'
    AND serial_id IS NOT NULL) OR (data_level = 'LOT' AND serial_id IS NULL)));
ALTER TABLE production_processdata ADD CONSTRAINT production_processdata_result_when_completed CHECK (((completed_at
    IS NULL AND result IS NULL) OR (completed_at IS NOT NULL AND result IN ('PASS', 'FAIL', 'REWORK'))));
ALTER TABLE production_processdata ADD CONSTRAINT production_processdata_runs_forward CHECK ((completed_at IS NULL OR
    completed_at >= (started_at)));
ALTER TABLE production_processdata ADD CONSTRAINT production_processdata_lot_id_c8f918a5_fk_production_lot_id FOREIGN
    KEY (lot_id) REFERENCES production_lot (id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE production_processdata ADD CONSTRAINT production_processda_machine_id_ff706421_fk_equipment FOREIGN KEY
    (machine_id) REFERENCES equipment_machine (id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE production_processdata ADD CONSTRAINT production_processdata_operator_id_0749de05_fk_accounts_user_id
    FOREIGN KEY (operator_id) REFERENCES accounts_user (id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE production_processdata ADD CONSTRAINT production_processda_process_id_b40c1a2e_fk_productio FOREIGN KEY
    (process_id) REFERENCES production_process (id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE production_processdata ADD CONSTRAINT production_processda_serial_id_94b11642_fk_productio FOREIGN KEY
    (serial_id) REFERENCES production_serial (id) DEFERRABLE INITIALLY DEFERRED;
"""

DROP_TABLE = "DROP TABLE production_processdata;"

PARTITIONS = """
-- Make the partition of this month (UTC) and move in what the default partition caught of it; false if it was there.
-- What is moved goes straight into the new table: the tallies have counted it before.
CREATE FUNCTION production_make_partition(wanted date) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    starts timestamptz := date_trunc('month', wanted::timestamp) AT TIME ZONE 'UTC';
    ends timestamptz := (date_trunc('month', wanted::timestamp) + interval '1 month') AT TIME ZONE 'UTC';
    child text := 'production_processdata_' || to_char(wanted, 'YYYY_MM');
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('production_make_partition'));
    IF to_regclass(child) IS NOT NULL THEN
        RETURN false;
    END IF;
    LOCK TABLE production_processdata IN ACCESS EXCLUSIVE MODE;
    ALTER TABLE production_processdata DETACH PARTITION production_processdata_default;
    EXECUTE format('CREATE TABLE %I PARTITION OF production_processdata FOR VALUES FROM (%L) TO (%L)',
        child, starts, ends);
    EXECUTE format('WITH caught AS (DELETE FROM production_processdata_default'
        ' WHERE started_at >= %L AND started_at < %L RETURNING *) INSERT INTO %I SELECT * FROM caught',
        starts, ends, child);
    SET CONSTRAINTS ALL IMMEDIATE;
    ALTER TABLE production_processdata ATTACH PARTITION production_processdata_default DEFAULT;
    RETURN true;
END $$;
SELECT production_make_partition((date_trunc('month', now() AT TIME ZONE 'UTC') + ahead * interval '1 month')::date)
    FROM generate_series(-3, 3) AS ahead;
"""

DROP_PARTITIONS = "DROP FUNCTION production_make_partition(date);"


class Migration(migrations.Migration):

    dependencies = [
        ('production', '0004_traceability'),
        ('equipment', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(TABLE, reverse_sql=DROP_TABLE),
                migrations.RunSQL(PARTITIONS, reverse_sql=DROP_PARTITIONS),
            ],
            state_operations=[
                migrations.CreateModel(
                    name='ProcessData',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('data_level', models.CharField(choices=[('LOT', 'Lot'), ('SERIAL', 'Unit')], max_length=6, verbose_name='level')),
                        ('result', models.CharField(blank=True, choices=[('PASS', 'Pass'), ('FAIL', 'Fail'), ('REWORK', 'Rework')], max_length=6, null=True, verbose_name='result')),
                        ('measurements', models.JSONField(default=dict, verbose_name='measurements')),
                        ('defects', models.JSONField(default=list, verbose_name='defects')),
                        ('notes', models.CharField(blank=True, max_length=1000, verbose_name='notes')),
                        ('process_order', models.PositiveIntegerField(verbose_name='order')),
                        ('override_reason', models.TextField(blank=True)),
                        ('started_at', models.DateTimeField(verbose_name='started')),
                        ('completed_at', models.DateTimeField(blank=True, null=True, verbose_name='completed')),
                        ('day', models.DateField(editable=False)),
                        ('created_at', models.DateTimeField(auto_now_add=True)),
                        ('lot', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='records', to='production.lot')),
                        ('machine', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='records', to='equipment.machine')),
                        ('operator', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('process', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='records', to='production.process')),
                        ('serial', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='records', to='production.serial')),
                    ],
                    options={
                        'verbose_name': 'process record',
                        'verbose_name_plural': 'process data',
                        'ordering': ('-started_at', '-id'),
                        'permissions': [('view_all_processdata', 'Can see what others recorded'), ('change_others_processdata', 'Can record for others and change what they recorded'), ('override_order', 'Can let a process run out of order')],
                    },
                ),
                        migrations.AddIndex(
                    model_name='processdata',
                    index=models.Index(fields=['started_at', 'id'], name='production_record_time'),
                ),
                        migrations.AddIndex(
                    model_name='processdata',
                    index=models.Index(fields=['serial', 'started_at'], name='production_record_serial'),
                ),
                        migrations.AddIndex(
                    model_name='processdata',
                    index=models.Index(fields=['lot', 'started_at'], name='production_record_lot'),
                ),
                        migrations.AddIndex(
                    model_name='processdata',
                    index=models.Index(fields=['process', 'started_at'], name='production_record_process'),
                ),
                        migrations.AddIndex(
                    model_name='processdata',
                    index=models.Index(fields=['operator', 'started_at'], name='production_record_operator'),
                ),
                        migrations.AddIndex(
                    model_name='processdata',
                    index=models.Index(condition=models.Q(('machine__isnull', False)), fields=['machine', 'started_at'], name='production_record_machine'),
                ),
                        migrations.AddIndex(
                    model_name='processdata',
                    index=models.Index(condition=models.Q(('result__in', ('FAIL', 'REWORK')), ('result', None), _connector='OR'), fields=['result', 'started_at'], name='production_record_not_passed'),
                ),
                        migrations.AddConstraint(
                    model_name='processdata',
                    constraint=models.CheckConstraint(condition=models.Q(models.Q(('data_level', 'SERIAL'), ('serial__isnull', False)), models.Q(('data_level', 'LOT'), ('serial', None)), _connector='OR'), name='production_processdata_level_fits'),
                ),
                        migrations.AddConstraint(
                    model_name='processdata',
                    constraint=models.CheckConstraint(condition=models.Q(models.Q(('completed_at', None), ('result', None)), models.Q(('completed_at__isnull', False), ('result__in', ['PASS', 'FAIL', 'REWORK'])), _connector='OR'), name='production_processdata_result_when_completed'),
                ),
                        migrations.AddConstraint(
                    model_name='processdata',
                    constraint=models.CheckConstraint(condition=models.Q(('completed_at', None), ('completed_at__gte', models.F('started_at')), _connector='OR'), name='production_processdata_runs_forward'),
                ),
                    ],
        ),
    ]
