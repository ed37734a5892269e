from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """The unread tab without a walk over all that is open; built beside whoever is writing."""

    atomic = False

    dependencies = [("conversations", "0002_hot_tables")]

    operations = [
        # An attempt that was cut off leaves an index that serves nobody and has the name.
        migrations.RunSQL("drop index concurrently if exists conversation_unread_list", migrations.RunSQL.noop),
        AddIndexConcurrently(
            "conversation",
            models.Index(
                fields=["workspace", "-last_message_at", "-id"],
                condition=models.Q(status="open", unread__gt=0),
                name="conversation_unread_list",
            ),
        ),
    ]
