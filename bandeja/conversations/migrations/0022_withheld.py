from django.db import migrations, models

KINDS = [
    ("conversation_opened", "Opened"),
    ("conversation_reopened", "Reopened"),
    ("conversation_closed", "Closed"),
    ("conversation_assigned", "Assigned"),
    ("message_received", "Message received"),
    ("message_sent", "Message sent"),
    ("contact_blocked", "Contact blocked"),
    ("contact_unblocked", "Contact unblocked"),
    ("contact_merged", "Contacts merged"),
    ("conversation_tagged", "Tagged"),
    ("conversation_kept", "Kept open"),
    ("conversation_released", "Kept open no more"),
    ("closing_withheld", "Closing withheld"),
    ("closing_resumed", "Closing withheld no more"),
    ("agents_called", "People called"),
]
WHY = [("waiting", "The contact waits for an answer"), ("exempt", "The rule spares it")]


class Migration(migrations.Migration):
    """When a person of ours answered last, and since when and why a closing is withheld: columns without rows to write.

    What was answered before is not looked up: it counts as unanswered until the next answer, and so stays open.
    """

    dependencies = [("conversations", "0021_found_by_phone_and_email")]

    operations = [
        migrations.AddField("conversation", "answered_at", models.DateTimeField(null=True)),
        migrations.AddField("conversation", "withheld_at", models.DateTimeField(null=True)),
        migrations.AddField(
            "conversation",
            "withheld_for",
            models.CharField(blank=True, choices=WHY, db_default="", default="", max_length=10),
        ),
        migrations.AlterField("event", "kind", models.CharField(choices=KINDS, max_length=30)),
    ]
