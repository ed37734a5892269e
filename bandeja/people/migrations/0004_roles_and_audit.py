import bandeja.people.models
import django.db.models.functions.text
from django.db import migrations, models

ADDED = "array['manage_flows', 'see_reports']::varchar(40)[]"
SUBJECTS = [
    ("rule", "Closing rules"),
    ("account", "Accounts"),
    ("app", "Meta apps"),
    ("role", "Roles"),
    ("person", "People"),
    ("workspace", "Workspace"),
]
ACTIONS = [
    ("created", "Created"),
    ("changed", "Changed"),
    ("deleted", "Deleted"),
    ("connected", "Connected"),
    ("disconnected", "Disconnected"),
    ("token_renewed", "Token Renewed"),
    ("invited", "Invited"),
    ("link_given", "Link Given"),
    ("deactivated", "Deactivated"),
    ("reactivated", "Reactivated"),
    ("password_changed", "Password Changed"),
    ("sessions_ended", "Sessions Ended"),
    ("totp_added", "Totp Added"),
    ("totp_removed", "Totp Removed"),
    ("passkey_added", "Passkey Added"),
    ("passkey_removed", "Passkey Removed"),
    ("codes_made", "Codes Made"),
    ("second_step_removed", "Second Step Removed"),
]


class Migration(migrations.Migration):
    dependencies = [("people", "0003_contact_permissions")]

    operations = [
        migrations.AddField(
            model_name="role",
            name="name",
            field=models.CharField(blank=True, db_default="", default="", max_length=60),
        ),
        migrations.AddConstraint(
            model_name="role",
            constraint=models.UniqueConstraint(
                models.F("workspace"),
                django.db.models.functions.text.Lower("name"),
                condition=models.Q(("name", ""), _negated=True),
                name="role_name_once",
            ),
        ),
        # An administrator may do everything, also what could not be allowed before.
        migrations.RunSQL(
            f"""update role set permissions = permissions || {ADDED}
                where key = 'admin' and not permissions @> {ADDED}""",
            """update role
               set permissions = array_remove(array_remove(permissions, 'manage_flows'), 'see_reports')""",
        ),
        migrations.CreateModel(
            name="AuditEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("workspace_id", models.BigIntegerField()),
                ("subject", models.CharField(choices=SUBJECTS, max_length=20)),
                ("subject_id", models.BigIntegerField()),
                ("name", models.TextField(blank=True)),
                ("action", models.CharField(choices=ACTIONS, max_length=30)),
                ("agent_id", models.BigIntegerField(null=True)),
                ("agent_name", models.TextField(blank=True)),
                ("at", models.DateTimeField(db_default=bandeja.people.models.BandejaNow())),
                ("before", models.JSONField(null=True)),
                ("after", models.JSONField(null=True)),
            ],
            options={
                "db_table": "audit_entry",
                "indexes": [
                    models.Index(fields=["workspace_id", "-id"], name="audit_of_workspace"),
                    models.Index(fields=["workspace_id", "subject", "subject_id", "-id"], name="audit_of_subject"),
                ],
            },
        ),
        # What was done stays said: not even our own code can edit it by mistake.
        migrations.RunSQL(
            """
            create function audit_entry_stays() returns trigger language plpgsql as
                $$ begin raise exception 'the audit log is only ever added to'; end $$;
            create trigger audit_entry_stays before update or delete on audit_entry
                for each row execute function audit_entry_stays();
            """,
            """
            drop trigger audit_entry_stays on audit_entry;
            drop function audit_entry_stays();
            """,
        ),
    ]
