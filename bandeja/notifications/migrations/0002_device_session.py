import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notifications", "0001_notifications"), ("usersessions", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="device",
            name="session",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="usersessions.usersession",
            ),
        ),
    ]
