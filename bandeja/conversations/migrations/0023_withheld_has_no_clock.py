from django.contrib.postgres.operations import AddConstraintNotValid, AddIndexConcurrently, ValidateConstraint
from django.db import migrations, models
from django.db.models import Q

NONE = Q(withheld_at=None, withheld_for="")
SOME = Q(withheld_at__isnull=False, status="open", armed_at=None, kept_at=None) & ~Q(withheld_for="")


class Migration(migrations.Migration):
    """What is withheld is open and has no clock; all of it is found. Beside whoever is writing."""

    atomic = False

    dependencies = [("conversations", "0022_withheld")]

    operations = [
        # An attempt that was cut off leaves what has the name already.
        migrations.RunSQL(
            "alter table conversation drop constraint if exists conversation_withheld_has_no_clock",
            migrations.RunSQL.noop,
        ),
        AddConstraintNotValid(
            "conversation",
            models.CheckConstraint(condition=NONE | SOME, name="conversation_withheld_has_no_clock"),
        ),
        ValidateConstraint("conversation", "conversation_withheld_has_no_clock"),
        migrations.RunSQL("drop index concurrently if exists conversation_withheld", migrations.RunSQL.noop),
        AddIndexConcurrently(
            "conversation",
            models.Index(fields=["id"], condition=Q(withheld_at__isnull=False), name="conversation_withheld"),
        ),
    ]
