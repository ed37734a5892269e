from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Pruning without a walk over every event that is kept; built beside whoever is writing."""

    atomic = False

    dependencies = [("conversations", "0003_unread_list")]

    operations = [
        # An attempt that was cut off leaves an index that serves nobody and has the name.
        migrations.RunSQL("drop index concurrently if exists event_prunable", migrations.RunSQL.noop),
        AddIndexConcurrently(
            "event",
            models.Index(
                fields=["at"],
                condition=models.Q(kind__in=["message_received", "message_sent"], number__isnull=False),
                name="event_prunable",
            ),
        ),
    ]
