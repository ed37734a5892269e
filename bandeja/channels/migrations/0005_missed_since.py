from django.db import migrations, models


class Migration(migrations.Migration):
    """From when on deliveries may have been lost at the channel, until they are fetched."""

    dependencies = [("channels", "0004_receipts_of_apps")]

    operations = [migrations.AddField("health", "missed_since", models.DateTimeField(null=True))]
