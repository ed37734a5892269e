import django.db.models.deletion
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import migrations, models

SINCE = [
    ("contact", "the contact's last message"),
    ("either", "the last message, theirs or ours"),
    ("answer", "our last answer"),
]
WAITING = [
    ("close", "Close it all the same"),
    ("tell", "Leave it open and tell its owner"),
    ("give", "Leave it open and give it to"),
    ("free", "Leave it open, without an owner"),
]


def to(model: str) -> "models.ForeignKey":
    return models.ForeignKey(
        db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=model
    )


class Migration(migrations.Migration):
    """What a rule counts from, whom it does not close on, and what it spares: as before where nothing is said."""

    dependencies = [
        ("closing", "0002_audit_log"),
        ("conversations", "0022_withheld"),
        ("people", "0011_imports"),
    ]

    operations = [
        migrations.AddField(
            "rule", "since", models.CharField(choices=SINCE, db_default="contact", default="contact", max_length=10)
        ),
        migrations.AddField(
            "rule", "waiting", models.CharField(choices=WAITING, db_default="close", default="close", max_length=10)
        ),
        migrations.AddField("rule", "waiting_agent", to(settings.AUTH_USER_MODEL)),
        migrations.AddField("rule", "waiting_team", to("people.team")),
        migrations.AddField(
            "rule", "exempt_tags", ArrayField(models.BigIntegerField(), db_default=[], default=list, size=None)
        ),
        migrations.AddField(
            "rule", "exempt_owners", ArrayField(models.BigIntegerField(), db_default=[], default=list, size=None)
        ),
        migrations.AddField("rule", "exempt_field", to("conversations.contactfield")),
        migrations.AddField("rule", "exempt_value", models.TextField(blank=True, db_default="", default="")),
        migrations.AddField("ruletime", "answers", models.BooleanField(db_default=False, default=False)),
    ]
