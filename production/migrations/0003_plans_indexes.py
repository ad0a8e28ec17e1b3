"""Which counts and runs belong to a job: built beside the running plant, for these tables may be large."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("production", "0002_plans")]

    operations = [
        AddIndexConcurrently(
            model_name="productioncount",
            index=models.Index(
                condition=models.Q(("job__isnull", False)), fields=["job"], name="production_count_job"
            ),
        ),
        AddIndexConcurrently(
            model_name="productionrun",
            index=models.Index(
                condition=models.Q(("job__isnull", False)), fields=["job"], name="production_run_job"
            ),
        ),
    ]
