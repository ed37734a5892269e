from django.db import migrations, models

KINDS = [
    ("assigned", "A conversation is given to me"),
    ("mentioned", "A note names me"),
    ("message", "Somebody writes in one of mine"),
    ("called", "A flow asks me to look"),
    ("waiting", "A contact of mine waits for an answer when a rule would close"),
    ("woken", "One that I snoozed, or that is mine, comes back"),
]


class Migration(migrations.Migration):
    """Whoever snoozed a conversation, and whoever has it, is told when it comes back."""

    dependencies = [("notifications", "0004_waiting")]

    operations = [migrations.AlterField("notification", "kind", models.CharField(choices=KINDS, max_length=20))]
