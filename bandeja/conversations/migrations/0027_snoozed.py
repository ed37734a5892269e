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
    ("conversation_snoozed", "Snoozed"),
    ("conversation_woken", "Snoozed no more"),
    ("closing_withheld", "Closing withheld"),
    ("closing_resumed", "Closing withheld no more"),
    ("agents_called", "People called"),
    ("message_withheld", "Automatic message withheld"),
]


class Migration(migrations.Migration):
    """Since when a conversation is snoozed: a column without rows to write."""

    dependencies = [("conversations", "0026_message_withheld")]

    operations = [
        migrations.AddField("conversation", "snoozed_at", models.DateTimeField(null=True)),
        migrations.AlterField("event", "kind", models.CharField(choices=KINDS, max_length=30)),
    ]
