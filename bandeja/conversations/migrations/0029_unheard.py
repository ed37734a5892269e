from django.db import migrations, models


class Migration(migrations.Migration):
    """When we wrote last in what we began and nobody answered, and which closings were such. Rewrites nothing."""

    dependencies = [("conversations", "0028_snoozed_is_kept")]

    operations = [
        migrations.AddField("conversation", "unheard_at", models.DateTimeField(null=True)),
        migrations.AddField("closure", "unheard", models.BooleanField(db_default=False, default=False)),
    ]
