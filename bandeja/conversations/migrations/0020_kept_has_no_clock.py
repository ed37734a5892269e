from django.contrib.postgres.operations import AddConstraintNotValid, AddIndexConcurrently, ValidateConstraint
from django.db import migrations, models
from django.db.models import Q

ENDS = Q(kept_until__isnull=False)


class Migration(migrations.Migration):
    """What is kept open is open and has no clock; whose keeping ends by itself is found. Beside whoever is writing."""

    atomic = False

    dependencies = [("conversations", "0019_keeping")]

    operations = [
        # An attempt that was cut off leaves what has the name already.
        migrations.RunSQL(
            "alter table conversation drop constraint if exists conversation_kept_has_no_clock",
            migrations.RunSQL.noop,
        ),
        AddConstraintNotValid(
            "conversation",
            models.CheckConstraint(
                condition=Q(kept_at=None, kept_until=None)
                | Q(kept_at__isnull=False, status="open", armed_at=None),
                name="conversation_kept_has_no_clock",
            ),
        ),
        ValidateConstraint("conversation", "conversation_kept_has_no_clock"),
        migrations.RunSQL("drop index concurrently if exists conversation_kept_until", migrations.RunSQL.noop),
        AddIndexConcurrently(
            "conversation", models.Index(fields=["kept_until"], condition=ENDS, name="conversation_kept_until")
        ),
    ]
