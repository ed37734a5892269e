from django.db import migrations, models


class Migration(migrations.Migration):
    """Until when Meta asked us to fetch no templates of a WhatsApp business account."""

    dependencies = [("channels", "0007_templates_stale_since")]

    operations = [migrations.AddField("health", "templates_held_until", models.DateTimeField(null=True))]
