import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """One index of conversations by contact where there were two, for every message writes into each of them.

    The one that keeps a contact to one conversation on an account has the contact first now, so that it also finds
    all of a contact's. Built beside whoever is writing; the new one stands before the old ones go.
    """

    atomic = False

    dependencies = [("conversations", "0006_lighter_events")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                # An attempt that was cut off leaves an index that serves nobody and has the name.
                migrations.RunSQL(
                    "drop index concurrently if exists conversation_one_of_contact", migrations.RunSQL.noop
                ),
                migrations.RunSQL(
                    """create unique index concurrently conversation_one_of_contact
                       on conversation (contact_id, account_id)""",
                    "drop index concurrently if exists conversation_one_of_contact",
                ),
                migrations.RunSQL(
                    "alter table conversation drop constraint if exists conversation_once_per_contact",
                    """alter table conversation
                       add constraint conversation_once_per_contact unique (account_id, contact_id)""",
                ),
            ],
            state_operations=[
                migrations.RemoveConstraint("conversation", "conversation_once_per_contact"),
                migrations.AddConstraint(
                    "conversation",
                    models.UniqueConstraint(fields=["contact", "account"], name="conversation_one_of_contact"),
                ),
            ],
        ),
        # The key's own index: Django knows its name.
        migrations.AlterField(
            "conversation",
            "contact",
            models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="conversations",
                to="conversations.contact",
                db_index=False,
            ),
        ),
    ]
