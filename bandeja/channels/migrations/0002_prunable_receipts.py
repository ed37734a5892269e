from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Pruning that does not pass the receipts kept for what was set aside of them, every time."""

    atomic = False

    dependencies = [("channels", "0001_initial")]

    operations = [
        # An attempt that was cut off leaves an index that serves nobody and has the name.
        migrations.RunSQL("drop index concurrently if exists receipt_prunable", migrations.RunSQL.noop),
        AddIndexConcurrently(
            "receipt",
            models.Index(
                fields=["processed_at"],
                condition=models.Q(processed_at__isnull=False, parked_at=None),
                name="receipt_prunable",
            ),
        ),
        RemoveIndexConcurrently("receipt", "receipt_processed"),
    ]
