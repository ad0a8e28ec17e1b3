"""Lots and units are found by their number however it is typed: indexes built beside the running plant."""

import django.db.models.functions.text
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


def bare(column):
    return django.db.models.functions.text.Upper(
        django.db.models.functions.text.Replace(column, models.Value("-"), models.Value(""))
    )


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("production", "0008_job_lot")]

    operations = [
        AddIndexConcurrently(
            model_name="lot", index=models.Index(bare("lot_number"), name="production_lot_bare_number")
        ),
        AddIndexConcurrently(
            model_name="serial", index=models.Index(bare("serial_number"), name="production_serial_bare_number")
        ),
    ]
