from django.db import migrations

from bandeja.conversations import plain


def build(apps, schema_editor):
    """`bandeja migrate` tries again each time, and tells what hinders it; so does `bandeja doctor`."""
    plain.index(schema_editor.connection)


class Migration(migrations.Migration):
    """Contacts found by a part of their name, e-mail or phone, whatever the accents.

    The index is no model's: a server without its extensions has to do without, and is told so.
    """

    atomic = False

    dependencies = [("conversations", "0013_contact_details")]

    operations = [
        migrations.RunSQL(
            plain.FUNCTIONS,
            """drop index if exists contact_words;
               drop function bandeja_words(text, text, text);
               drop function bandeja_plain(text);""",
        ),
        migrations.RunPython(build, migrations.RunPython.noop),
    ]
