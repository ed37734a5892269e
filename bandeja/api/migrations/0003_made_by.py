"""Who made a token: the audit log knows it of those that are there already."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

KNOWN = """
    update api_token set made_by_id = entry.agent_id
    from audit_entry as entry
    join agent on agent.id = entry.agent_id
    where entry.workspace_id = api_token.workspace_id and entry.subject = 'token' and entry.subject_id = api_token.id
      and entry.action = 'created'
"""


class Migration(migrations.Migration):

    dependencies = [
        ('api', '0002_answered'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='token',
            name='made_by',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.RunSQL(KNOWN, migrations.RunSQL.noop),
    ]
