from django.contrib.postgres.operations import AddConstraintNotValid, AddIndexConcurrently, ValidateConstraint
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    """What is snoozed is kept open, and is listed apart. Beside whoever is writing."""

    atomic = False

    dependencies = [("conversations", "0027_snoozed")]

    operations = [
        # An attempt that was cut off leaves what has the name already.
        migrations.RunSQL(
            "alter table conversation drop constraint if exists conversation_snoozed_is_kept", migrations.RunSQL.noop
        ),
        AddConstraintNotValid(
            "conversation",
            models.CheckConstraint(
                condition=Q(snoozed_at=None) | Q(kept_at__isnull=False), name="conversation_snoozed_is_kept"
            ),
        ),
        ValidateConstraint("conversation", "conversation_snoozed_is_kept"),
        migrations.RunSQL("drop index concurrently if exists conversation_snoozed", migrations.RunSQL.noop),
        AddIndexConcurrently(
            "conversation",
            models.Index(
                fields=["workspace", "-last_message_at", "-id"],
                condition=Q(snoozed_at__isnull=False),
                name="conversation_snoozed",
            ),
        ),
    ]
