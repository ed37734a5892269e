from django.db import migrations, models


class Migration(migrations.Migration):
    """A rule's time for what we began and nobody answered; none has one yet. Adds columns, rewrites nothing."""

    dependencies = [("closing", "0007_calendars")]

    operations = [
        migrations.AddField("rule", "unheard_amount", models.PositiveIntegerField(null=True)),
        migrations.AddField(
            "rule",
            "unheard_unit",
            models.CharField(
                blank=True,
                choices=[("minutes", "minutes"), ("hours", "hours"), ("days", "days")],
                db_default="",
                default="",
                max_length=10,
            ),
        ),
        migrations.AddField("ruletime", "unheard_seconds", models.PositiveIntegerField(null=True)),
        migrations.AddField("ruletime", "unheard_days", models.BooleanField(db_default=False, default=False)),
    ]
