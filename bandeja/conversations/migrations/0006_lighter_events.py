import django.db.models.deletion
from django.db import migrations, models

NUMBERED = models.Q(number__isnull=False)
TOLD = ~models.Q(kind__in=["message_received", "message_sent"])


class Migration(migrations.Migration):
    """Two entries and one check less for every event written; built beside whoever is writing.

    An event waits for its number in one index only, and the thread's index leaves out the messages, which it shows
    from their own table. Events are written by statements that hold their conversation's lock.
    """

    atomic = False

    dependencies = [("conversations", "0005_sending")]

    operations = [
        migrations.AlterField(
            "event",
            "conversation",
            models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="events",
                to="conversations.conversation",
                db_index=False,
                db_constraint=False,
            ),
        ),
        # Events of conversations that were merged into others, on the way back to a key that is checked.
        migrations.RunSQL(
            migrations.RunSQL.noop,
            "delete from event where not exists (select from conversation where id = event.conversation_id)",
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                # An attempt that was cut off leaves an index that serves nobody and has the name.
                migrations.RunSQL(
                    "drop index concurrently if exists event_published_once",
                    "alter table event drop constraint if exists event_number_once",
                ),
                migrations.RunSQL(
                    "create unique index concurrently event_published_once on event (number) where number is not null",
                    "drop index concurrently if exists event_published_once",
                ),
                migrations.RunSQL(
                    "alter table event drop constraint if exists event_number_once",
                    "alter table event add constraint event_number_once unique (number)",
                ),
                migrations.RunSQL("drop index concurrently if exists event_told", migrations.RunSQL.noop),
                migrations.RunSQL(
                    """create index concurrently event_told on event (conversation_id, at, id)
                       where not kind in ('message_received', 'message_sent')""",
                    "drop index concurrently if exists event_told",
                ),
                migrations.RunSQL(
                    "drop index concurrently if exists event_of_conversation",
                    "create index concurrently event_of_conversation on event (conversation_id, at, id)",
                ),
            ],
            state_operations=[
                migrations.RemoveConstraint("event", "event_number_once"),
                migrations.AddConstraint(
                    "event",
                    models.UniqueConstraint(fields=["number"], condition=NUMBERED, name="event_published_once"),
                ),
                migrations.RemoveIndex("event", "event_of_conversation"),
                migrations.AddIndex(
                    "event", models.Index(fields=["conversation", "at", "id"], condition=TOLD, name="event_told")
                ),
            ],
        ),
    ]
