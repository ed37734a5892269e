from django.db import migrations, models

KINDS = [
    ("assigned", "A conversation is given to me"),
    ("mentioned", "A note names me"),
    ("message", "Somebody writes in one of mine"),
    ("called", "A flow asks me to look"),
    ("waiting", "A contact of mine waits for an answer when a rule would close"),
]


class Migration(migrations.Migration):
    """Whoever has a conversation is told that its contact waits, unless they choose otherwise."""

    dependencies = [("notifications", "0003_called")]

    operations = [
        migrations.AlterField("notification", "kind", models.CharField(choices=KINDS, max_length=20)),
        migrations.AddField(
            "preference",
            "on_waiting",
            models.BooleanField(
                db_default=True,
                default=True,
                verbose_name="A contact of mine waits for an answer when a rule would close",
            ),
        ),
    ]
