from django.db import migrations, models


class Migration(migrations.Migration):
    """When we last found that deliveries were lost at the channel."""

    dependencies = [("channels", "0005_missed_since")]

    operations = [migrations.AddField("health", "lost_at", models.DateTimeField(null=True))]
