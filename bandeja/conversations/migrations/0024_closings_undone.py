from django.db import migrations, models


class Migration(migrations.Migration):
    """Which closings were taken back, by whom, and what they ended being kept open. Adds columns, rewrites nothing."""

    dependencies = [("conversations", "0023_withheld_has_no_clock")]

    operations = [
        migrations.AddField("closure", "undone_at", models.DateTimeField(null=True)),
        migrations.AddField("closure", "undone_by_id", models.BigIntegerField(null=True)),
        migrations.AddField("closure", "kept", models.JSONField(null=True)),
    ]
