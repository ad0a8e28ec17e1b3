"""Units are found by how their number begins, and by the day they were made: indexes built beside the running plant."""

import django.contrib.postgres.indexes
import django.db.models.functions.text
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models

BARE = django.db.models.functions.text.Upper(
    django.db.models.functions.text.Replace("serial_number", models.Value("-"), models.Value(""))
)


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("production", "0009_bare_numbers")]

    operations = [
        AddIndexConcurrently(
            model_name="serial",
            index=models.Index(
                django.contrib.postgres.indexes.OpClass(BARE, name="text_pattern_ops"),
                name="production_serial_bare_prefix",
            ),
        ),
        AddIndexConcurrently(
            model_name="serial",
            index=models.Index(fields=["created_on", "id"], name="production_serial_created_on"),
        ),
        RemoveIndexConcurrently(model_name="serial", name="production_serial_bare_number"),
    ]
