from django.db import migrations


class Migration(migrations.Migration):
    """Contacts erased before the audit log told of it are in it too; back again what it says stays said."""

    dependencies = [("conversations", "0016_team_list"), ("people", "0006_audit_whole")]

    operations = [
        migrations.RunSQL(
            """
            insert into audit_entry (workspace_id, subject, subject_id, name, action, agent_id, agent_name, at, before)
            select erasure.workspace_id, 'contact', contact_id, '', 'erased', agent_id,
                   coalesce(nullif(agent.name, ''), agent.email, ''), erasure.at,
                   jsonb_build_object('conversations', conversations, 'messages', messages, 'files', files)
            from erasure left join agent on agent.id = agent_id
            where not exists (
                select from audit_entry told
                where told.workspace_id = erasure.workspace_id
                  and (told.subject, told.subject_id, told.action) = ('contact', erasure.contact_id, 'erased')
            )
            order by erasure.id
            """,
            migrations.RunSQL.noop,
        ),
    ]
