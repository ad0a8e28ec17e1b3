"""Lots are tallied too: how many are in which status, and how many were opened and completed on a day."""

from django.conf import settings
from django.db import migrations, models

# A lot is updated with every unit that ends, so what leaves its days and its status alone fires nothing.
FUNCTION = """
CREATE FUNCTION production_tally_lot() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO production_tally (subject, day, ref_id, word, level, count, timed, duration_us, base)
    SELECT subject, day, 0, word, '', sum(sign), 0, 0, false
    FROM (VALUES
        (1, NEW.created_on, NEW.completed_on, NEW.status),
        (-1, OLD.created_on, OLD.completed_on, OLD.status)
    ) AS rows (sign, created_on, completed_on, status), LATERAL (VALUES
        ('LOT_MADE', created_on, ''),
        ('LOT_DONE', completed_on, ''),
        ('LOTS', NULL, status)
    ) AS facts (subject, day, word)
    WHERE status IS NOT NULL AND (subject = 'LOTS' OR day IS NOT NULL)
    GROUP BY subject, day, word
    HAVING sum(sign) <> 0;
    IF random() < 0.005 THEN
        PERFORM production_merge_tallies();
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER production_tally_made AFTER INSERT OR DELETE ON production_lot
    FOR EACH ROW EXECUTE FUNCTION production_tally_lot();
CREATE TRIGGER production_tally_changed AFTER UPDATE ON production_lot FOR EACH ROW
    WHEN ((OLD.created_on, OLD.completed_on, OLD.status) IS DISTINCT FROM (NEW.created_on, NEW.completed_on, NEW.status))
    EXECUTE FUNCTION production_tally_lot();
INSERT INTO production_tally (subject, day, ref_id, word, level, count, timed, duration_us, base)
SELECT subject, day, 0, word, '', count(*), 0, 0, true
FROM production_lot, LATERAL (VALUES
    ('LOT_MADE', created_on, ''), ('LOT_DONE', completed_on, ''), ('LOTS', NULL, status)
) AS facts (subject, day, word)
WHERE subject = 'LOTS' OR day IS NOT NULL
GROUP BY subject, day, word;
"""

DROP = """
DROP TRIGGER production_tally_changed ON production_lot;
DROP TRIGGER production_tally_made ON production_lot;
DROP FUNCTION production_tally_lot();
DELETE FROM production_tally WHERE subject IN ('LOT_MADE', 'LOT_DONE', 'LOTS');
"""


class Migration(migrations.Migration):

    dependencies = [
        ('production', '0006_tallies'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name='tally',
            name='subject',
            field=models.CharField(choices=[('PROCESS', 'Records by process'), ('OPERATOR', 'Records by operator'), ('DEFECT', 'Defects by code'), ('MADE', 'Units made'), ('ENDED', 'Units passed or failed'), ('UNITS', 'Units by status and rework'), ('LOT_MADE', 'Lots opened'), ('LOT_DONE', 'Lots completed'), ('LOTS', 'Lots by status')], max_length=8),
        ),
        migrations.AddIndex(
            model_name='rework',
            index=models.Index(fields=['at'], name='production_rework_at'),
        ),
        migrations.RunSQL(FUNCTION, reverse_sql=DROP),
    ]
