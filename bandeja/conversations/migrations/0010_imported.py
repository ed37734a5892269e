from django.db import migrations, models


class Migration(migrations.Migration):
    """Marks what history told of, so that the message itself still counts when it comes. The table is not rewritten."""

    dependencies = [("conversations", "0009_identity_look")]

    operations = [
        migrations.AddField("message", "imported", models.BooleanField(db_default=False, default=False)),
    ]
