from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

OF_A_TEAM = models.Q(team__isnull=False)


class Migration(migrations.Migration):
    """A team's conversations, the latest first. Built beside whoever is writing."""

    atomic = False

    dependencies = [("conversations", "0015_opened_events")]

    operations = [
        # An attempt that was cut off leaves an index that serves nobody and has the name.
        migrations.RunSQL("drop index concurrently if exists conversation_team_list", migrations.RunSQL.noop),
        AddIndexConcurrently(
            "conversation",
            models.Index(
                fields=["team", "-last_message_at", "-id"], condition=OF_A_TEAM, name="conversation_team_list"
            ),
        ),
    ]
