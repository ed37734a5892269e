from django.db import migrations, models


class Migration(migrations.Migration):
    """Since when the templates kept of a WhatsApp business account may be other than Meta's."""

    dependencies = [("channels", "0006_lost_at")]

    operations = [migrations.AddField("health", "templates_stale_since", models.DateTimeField(null=True))]
