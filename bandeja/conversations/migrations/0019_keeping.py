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
    ("agents_called", "People called"),
]


class Migration(migrations.Migration):
    """Since when, until when, by whom and why a conversation is kept open: columns without rows to write."""

    dependencies = [("conversations", "0018_flows")]

    operations = [
        migrations.AddField("conversation", "kept_at", models.DateTimeField(null=True)),
        migrations.AddField("conversation", "kept_until", models.DateTimeField(null=True)),
        migrations.AddField("conversation", "kept_by_id", models.BigIntegerField(null=True)),
        migrations.AddField("conversation", "kept_reason", models.TextField(db_default="", default="")),
        migrations.AlterField("event", "kind", models.CharField(choices=KINDS, max_length=30)),
    ]
