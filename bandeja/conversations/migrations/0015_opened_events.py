from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

OPENED = models.Q(kind="conversation_opened", number__isnull=False)


class Migration(migrations.Migration):
    """What automatic assignment goes through: published openings by their number. Built beside whoever is writing."""

    atomic = False

    dependencies = [("conversations", "0014_contact_words")]

    operations = [
        # An attempt that was cut off leaves an index that serves nobody and has the name.
        migrations.RunSQL("drop index concurrently if exists event_opened", migrations.RunSQL.noop),
        AddIndexConcurrently("event", models.Index(fields=["number"], condition=OPENED, name="event_opened")),
    ]
