from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

ASK = """
    update identity set look_at = bandeja_now()
    from contact
    where contact.id = identity.contact_id and contact.name = '' and identity.kind in ('psid', 'igsid')
"""


class Migration(migrations.Migration):
    """When a channel is asked for a contact's name; those of whom it was never told are asked for at once.

    Neither column rewrites the table, and the index is built beside whoever is writing.
    """

    atomic = False

    dependencies = [("conversations", "0008_last_message_kind")]

    operations = [
        # Said so that an attempt that was cut off can be made again.
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    """alter table identity
                       add column if not exists look_at timestamptz,
                       add column if not exists tries smallint not null default 0""",
                    "alter table identity drop column if exists look_at, drop column if exists tries",
                )
            ],
            state_operations=[
                migrations.AddField("identity", "look_at", models.DateTimeField(null=True)),
                migrations.AddField("identity", "tries", models.SmallIntegerField(db_default=0, default=0)),
            ],
        ),
        migrations.RunSQL(ASK, migrations.RunSQL.noop),
        # An attempt that was cut off leaves an index that serves nobody and has the name.
        migrations.RunSQL("drop index concurrently if exists identity_nameless", migrations.RunSQL.noop),
        AddIndexConcurrently(
            "identity",
            models.Index(
                fields=["account", "look_at"],
                condition=models.Q(look_at__isnull=False),
                name="identity_nameless",
            ),
        ),
    ]
