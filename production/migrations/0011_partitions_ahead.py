"""A month made ahead no longer detaches the default partition: attaching it again wants every unit, lot, process and
person for itself, and so waits for who has locked a unit and waits for the records."""

from importlib import import_module

from django.db import migrations

BEFORE = import_module("production.migrations.0005_process_data").PARTITIONS.split("SELECT production_make_partition")[0]
FUNCTION = """
-- Make the partition of this month (UTC) and move in what the default partition caught of it; false if it was there.
-- What is moved goes straight into the new table: the tallies have counted it before. Only where something is to be
-- moved the default partition is taken off; then who records goes first: it waits for a lock for 300 ms at most.
CREATE OR REPLACE FUNCTION production_make_partition(wanted date) RETURNS boolean LANGUAGE plpgsql AS $$
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
    IF NOT EXISTS (SELECT FROM production_processdata_default WHERE started_at >= starts AND started_at < ends) THEN
        EXECUTE format('CREATE TABLE %I PARTITION OF production_processdata FOR VALUES FROM (%L) TO (%L)',
            child, starts, ends);
        RETURN true;
    END IF;
    SET LOCAL lock_timeout = '300ms';
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
"""


class Migration(migrations.Migration):

    dependencies = [
        ('production', '0010_serial_begins'),
    ]

    operations = [
        migrations.RunSQL(
            FUNCTION, reverse_sql=BEFORE.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")
        ),
    ]
