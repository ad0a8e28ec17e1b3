"""Triggers that keep the tallies: every statement adds what it changed, in its own transaction, whoever wrote it."""

from django.db import migrations

# `{rows}` are the rows of one statement with their sign: 1 for what is there now, -1 for what was there before.
RECORDS = """
INSERT INTO production_tally (subject, day, ref_id, word, level, count, timed, duration_us, base)
SELECT CASE WHEN grouping(process_id) = 0 THEN 'PROCESS' ELSE 'OPERATOR' END, day,
    CASE WHEN grouping(process_id) = 0 THEN process_id ELSE operator_id END, result, data_level,
    sum(sign), sum(sign * (lasted > 0)::int), sum(sign * lasted), false
FROM (
    SELECT sign, day, process_id, operator_id, result, data_level,
        (extract(epoch FROM completed_at - started_at) * 1000000)::bigint AS lasted
    FROM ({rows}) AS rows WHERE result IS NOT NULL
) AS done
GROUP BY GROUPING SETS ((day, process_id, result, data_level), (day, operator_id, result, data_level))
HAVING sum(sign) <> 0 OR sum(sign * lasted) <> 0;
"""

UNITS = """
INSERT INTO production_tally (subject, day, ref_id, word, level, count, timed, duration_us, base)
SELECT subject, day, 0, word, level, sum(sign), 0, 0, false
FROM ({rows}) AS rows, LATERAL (VALUES
    ('MADE', created_on, '', ''),
    ('ENDED', completed_on, status, ''),
    ('UNITS', NULL, status, rework_count::text)
) AS facts (subject, day, word, level)
WHERE subject <> 'ENDED' OR day IS NOT NULL
GROUP BY subject, day, word, level
HAVING sum(sign) <> 0;
"""

DEFECTS = """
INSERT INTO production_tally (subject, day, ref_id, word, level, count, timed, duration_us, base)
SELECT 'DEFECT', day, process_id, defect_code, '', sum(sign), 0, 0, false
FROM ({rows}) AS rows
GROUP BY day, process_id, defect_code
HAVING sum(sign) <> 0;
"""

TABLES = {
    "processdata": (RECORDS, "day, process_id, operator_id, result, data_level, started_at, completed_at"),
    "serial": (UNITS, "created_on, completed_on, status, rework_count"),
    "defect": (DEFECTS, "day, process_id, defect_code"),
}
SOURCES = {
    "insert": ("NEW TABLE AS new_rows", ["1 AS sign, {columns} FROM new_rows"]),
    "update": (
        "NEW TABLE AS new_rows OLD TABLE AS old_rows",
        ["1 AS sign, {columns} FROM new_rows", "-1 AS sign, {columns} FROM old_rows"],
    ),
    "delete": ("OLD TABLE AS old_rows", ["-1 AS sign, {columns} FROM old_rows"]),
}

# Add up the loose rows. One at a time, and nobody waits: who comes second leaves it to the first. A row of the base is
# only ever touched here, so two transactions never wait for each other.
MERGE = """
CREATE FUNCTION production_merge_tallies() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtext('production_merge_tallies')) THEN
        RETURN;
    END IF;
    WITH loose AS (DELETE FROM production_tally WHERE NOT base RETURNING *)
    INSERT INTO production_tally AS t (subject, day, ref_id, word, level, count, timed, duration_us, base)
    SELECT subject, day, ref_id, word, level, sum(count), sum(timed), sum(duration_us), true
    FROM loose GROUP BY subject, day, ref_id, word, level
    ON CONFLICT (subject, day, ref_id, word, level) WHERE base DO UPDATE SET
        count = t.count + EXCLUDED.count,
        timed = t.timed + EXCLUDED.timed,
        duration_us = t.duration_us + EXCLUDED.duration_us;
END $$;
"""

FUNCTION = """
CREATE FUNCTION production_tally_{table}_{verb}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    {body}
    IF random() < 0.005 THEN  -- so that few rows are loose, also where no worker runs
        PERFORM production_merge_tallies();
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER production_tally_{verb} AFTER {verb} ON production_{table} REFERENCING {referencing}
    FOR EACH STATEMENT EXECUTE FUNCTION production_tally_{table}_{verb}();
"""

DROP = """
DROP TRIGGER production_tally_{verb} ON production_{table};
DROP FUNCTION production_tally_{table}_{verb}();
"""


def functions():
    for table, (body, columns) in TABLES.items():
        for verb, (referencing, selects) in SOURCES.items():
            rows = " UNION ALL ".join(f"SELECT {select.format(columns=columns)}" for select in selects)
            yield FUNCTION.format(table=table, verb=verb, referencing=referencing, body=body.format(rows=rows))


def drops():
    return (DROP.format(table=table, verb=verb) for table in TABLES for verb in SOURCES)


class Migration(migrations.Migration):

    dependencies = [
        ('production', '0005_process_data'),
    ]

    operations = [
        migrations.RunSQL(MERGE, reverse_sql="DROP FUNCTION production_merge_tallies();"),
        migrations.RunSQL("".join(functions()), reverse_sql="".join(drops())),
    ]
