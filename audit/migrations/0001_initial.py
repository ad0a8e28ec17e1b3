"""The trail: one table partitioned by month, its chain and seals, and triggers that let rows only be added."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

FUNCTIONS = """
CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The audit trail is only ever added to: % on % is refused.', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END $$;

-- Refuse UPDATE, DELETE and TRUNCATE. Partitions inherit the row trigger, TRUNCATE they must refuse themselves.
CREATE FUNCTION audit_protect(trail regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF NOT (SELECT relispartition FROM pg_class WHERE oid = trail) THEN
        EXECUTE format('CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON %s'
            ' FOR EACH ROW EXECUTE FUNCTION audit_refuse()', trail);
    END IF;
    EXECUTE format('CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON %s'
        ' FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()', trail);
END $$;

-- Make the partition of this month (UTC), move in what the default partition caught of it; false if it was there.
CREATE FUNCTION audit_make_partition(wanted date) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    starts timestamptz := date_trunc('month', wanted::timestamp) AT TIME ZONE 'UTC';
    ends timestamptz := (date_trunc('month', wanted::timestamp) + interval '1 month') AT TIME ZONE 'UTC';
    child text := 'audit_auditlog_' || to_char(wanted, 'YYYY_MM');
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('audit_make_partition'));
    IF to_regclass(child) IS NOT NULL THEN
        RETURN false;
    END IF;
    LOCK TABLE audit_auditlog IN ACCESS EXCLUSIVE MODE;
    ALTER TABLE audit_auditlog DETACH PARTITION audit_auditlog_default;  -- its row trigger is lifted meanwhile
    EXECUTE format('CREATE TABLE %I PARTITION OF audit_auditlog FOR VALUES FROM (%L) TO (%L)', child, starts, ends);
    PERFORM audit_protect(child::regclass);
    WITH caught AS (
        DELETE FROM audit_auditlog_default WHERE created_at >= starts AND created_at < ends RETURNING *
    )
    INSERT INTO audit_auditlog SELECT * FROM caught;
    ALTER TABLE audit_auditlog ATTACH PARTITION audit_auditlog_default DEFAULT;
    RETURN true;
END $$;
"""

DROP_FUNCTIONS = """
DROP FUNCTION audit_make_partition(date);
DROP FUNCTION audit_protect(regclass);
DROP FUNCTION audit_refuse();
"""

TRAIL = """
CREATE TABLE audit_auditlog (
    id bigserial NOT NULL,
    created_at timestamptz NOT NULL DEFAULT statement_timestamp(),
    action varchar(100) NOT NULL,
    entity_type varchar(100) NOT NULL,
    entity_id varchar(64) NOT NULL,
    entity_repr varchar(200) NOT NULL,
    old_values jsonb NULL,
    new_values jsonb NULL,
    user_id bigint NULL,
    user_name varchar(150) NOT NULL,
    source varchar(20) NOT NULL,
    ip_address inet NULL,
    user_agent varchar(255) NOT NULL,
    request_id varchar(64) NOT NULL,
    reason text NOT NULL,
    app_version varchar(20) NOT NULL,
    PRIMARY KEY (id, created_at)
) PARTITION BY RANGE (created_at);
CREATE INDEX audit_auditlog_entity ON audit_auditlog (entity_type, entity_id, id DESC);
CREATE INDEX audit_auditlog_user ON audit_auditlog (user_id, id DESC);
CREATE INDEX audit_auditlog_time ON audit_auditlog (created_at DESC, id DESC);
CREATE TABLE audit_auditlog_default PARTITION OF audit_auditlog DEFAULT;
SELECT audit_protect('audit_auditlog'), audit_protect('audit_auditlog_default');
SELECT audit_make_partition((date_trunc('month', now() AT TIME ZONE 'UTC') + ahead * interval '1 month')::date)
    FROM generate_series(0, 3) AS ahead;
"""

DROP_TRAIL = "DROP TABLE audit_auditlog;"

PROTECT_CHAIN = "SELECT audit_protect('audit_auditlink'), audit_protect('audit_auditseal');"


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunSQL(FUNCTIONS, DROP_FUNCTIONS),
        migrations.CreateModel(
            name='AuditLink',
            fields=[
                ('position', models.BigIntegerField(primary_key=True, serialize=False)),
                ('audit_id', models.BigIntegerField(unique=True)),
                ('audit_created_at', models.DateTimeField()),
                ('digest', models.BinaryField(max_length=32)),
            ],
            options={
                'ordering': ('position',),
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='AuditSeal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sealed_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('first_position', models.BigIntegerField()),
                ('last_position', models.BigIntegerField(unique=True)),
                ('count', models.PositiveIntegerField()),
                ('digest', models.BinaryField(max_length=32)),
            ],
            options={
                'verbose_name': 'audit seal',
                'verbose_name_plural': 'audit seals',
                'ordering': ('-id',),
                'default_permissions': (),
            },
        ),
        migrations.RunSQL(PROTECT_CHAIN, migrations.RunSQL.noop),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(TRAIL, DROP_TRAIL)],
            state_operations=[
                migrations.CreateModel(
                    name='AuditLog',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                        ('action', models.CharField(max_length=100)),
                        ('entity_type', models.CharField(max_length=100)),
                        ('entity_id', models.CharField(max_length=64)),
                        ('entity_repr', models.CharField(max_length=200)),
                        ('old_values', models.JSONField(null=True)),
                        ('new_values', models.JSONField(null=True)),
                        ('user_name', models.CharField(blank=True, max_length=150)),
                        ('source', models.CharField(max_length=20)),
                        ('ip_address', models.GenericIPAddressField(null=True)),
                        ('user_agent', models.CharField(blank=True, max_length=255)),
                        ('request_id', models.CharField(blank=True, max_length=64)),
                        ('reason', models.TextField(blank=True)),
                        ('app_version', models.CharField(blank=True, max_length=20)),
                        ('user', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        'verbose_name': 'audit entry',
                        'verbose_name_plural': 'audit trail',
                        'ordering': ('-id',),
                        'default_permissions': ('view',),
                        'indexes': [models.Index(fields=['entity_type', 'entity_id', '-id'], name='audit_auditlog_entity'), models.Index(fields=['user', '-id'], name='audit_auditlog_user'), models.Index(fields=['-created_at', '-id'], name='audit_auditlog_time')],
                    },
                ),
            ],
        ),
    ]
