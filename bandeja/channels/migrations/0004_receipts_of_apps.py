from django.contrib.postgres.operations import AddConstraintNotValid, AddIndexConcurrently, ValidateConstraint
from django.db import migrations, models

WAITING = models.Q(app_id__isnull=False, processed_at=None, parked_at=None)
PARKED = models.Q(app_id__isnull=False, parked_at__isnull=False)


class Migration(migrations.Migration):
    """Deliveries that only parsing tells the account of: found by their Meta app. Built beside whoever is storing."""

    atomic = False

    dependencies = [("channels", "0003_meta")]

    operations = [
        # An attempt that was cut off leaves an index that serves nobody and has the name.
        migrations.RunSQL("drop index concurrently if exists receipt_mark_of_app", migrations.RunSQL.noop),
        AddIndexConcurrently(
            "receipt", models.Index(fields=["app_id", "received_at"], condition=WAITING, name="receipt_mark_of_app")
        ),
        migrations.RunSQL("drop index concurrently if exists receipt_parked_of_app", migrations.RunSQL.noop),
        AddIndexConcurrently(
            "receipt", models.Index(fields=["app_id", "parked_at"], condition=PARKED, name="receipt_parked_of_app")
        ),
        migrations.RunSQL("alter table receipt drop constraint if exists receipt_has_one_source", migrations.RunSQL.noop),
        AddConstraintNotValid(
            "receipt",
            models.CheckConstraint(
                condition=models.Q(account_id=None) ^ models.Q(app_id=None), name="receipt_has_one_source"
            ),
        ),
        ValidateConstraint("receipt", "receipt_has_one_source"),
    ]
