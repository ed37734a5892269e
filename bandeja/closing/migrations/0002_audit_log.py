from django.db import migrations, models

# `rule_change` becomes part of the log that all settings share. The log cannot be edited, so to go back its guard
# steps aside for a moment: otherwise going forth again would tell every change twice.
FORTH = """
insert into audit_entry (workspace_id, subject, subject_id, name, action, agent_id, agent_name, at, before, after)
select change.workspace_id, 'rule', rule_id, coalesce(after ->> 'name', before ->> 'name', ''),
       case when before is null then 'created' when after is null then 'deleted' else 'changed' end,
       agent_id, coalesce(nullif(agent.name, ''), agent.email, ''), at, before, after
from rule_change change left join agent on agent.id = change.agent_id
order by change.at, change.id
"""
BACK = """
insert into rule_change (workspace_id, rule_id, agent_id, at, before, after)
select workspace_id, subject_id, agent_id, at, before, after
from audit_entry where subject = 'rule' order by id;
alter table audit_entry disable trigger audit_entry_stays;
delete from audit_entry where subject = 'rule';
alter table audit_entry enable trigger audit_entry_stays;
"""


class Migration(migrations.Migration):
    dependencies = [("closing", "0001_initial"), ("people", "0004_roles_and_audit")]

    operations = [
        migrations.RunSQL(FORTH, BACK),
        migrations.DeleteModel(name="RuleChange"),
    ]
