from django.db import migrations

GRANT = """
    update role set permissions = permissions || array['manage_tags', 'erase_contacts']::varchar[]
    where key = 'admin' and not permissions && array['manage_tags', 'erase_contacts']::varchar[]
"""


class Migration(migrations.Migration):
    """Administrators of workspaces that are there already may do what is new, like those of new ones."""

    dependencies = [("people", "0002_teams")]

    operations = [migrations.RunSQL(GRANT, migrations.RunSQL.noop)]
