from django.db import migrations, models


class Migration(migrations.Migration):
    """When a conversation was included though its contact had not written since: a column without rows to write."""

    dependencies = [("conversations", "0024_closings_undone")]

    operations = [migrations.AddField("conversation", "included_at", models.DateTimeField(null=True))]
