from django.db import migrations, models


class Migration(migrations.Migration):
    """When we wrote last in what we began and nobody answered, and which closings were such. Rewrites nothing.

    Taken back, the clocks that our messages started stop: the older version takes every clock for a contact's.
    """

    dependencies = [("conversations", "0028_snoozed_is_kept")]

    operations = [
        migrations.AddField("conversation", "unheard_at", models.DateTimeField(null=True)),
        migrations.AddField("closure", "unheard", models.BooleanField(db_default=False, default=False)),
        migrations.RunSQL(
            migrations.RunSQL.noop,
            "update conversation set armed_at = null, look_at = null where unheard_at is not null and armed_at is not null",
        ),
    ]
