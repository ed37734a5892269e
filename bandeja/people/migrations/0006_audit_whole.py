from django.db import migrations, models

SUBJECTS = [
    ("rule", "Closing rules"),
    ("account", "Accounts"),
    ("app", "Meta apps"),
    ("role", "Roles"),
    ("person", "People"),
    ("team", "Teams"),
    ("contact", "Contacts"),
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
    ("tied", "Tied"),
    ("assigning_changed", "Assigning Changed"),
    ("erased", "Erased"),
]


class Migration(migrations.Migration):
    dependencies = [("people", "0005_presence")]

    operations = [
        migrations.AlterField(
            model_name="auditentry", name="subject", field=models.CharField(choices=SUBJECTS, max_length=20)
        ),
        migrations.AlterField(
            model_name="auditentry", name="action", field=models.CharField(choices=ACTIONS, max_length=30)
        ),
        # No trigger for each row hears of all of them going at once.
        migrations.RunSQL(
            """
            create trigger audit_entry_stays_whole before truncate on audit_entry
                for each statement execute function audit_entry_stays();
            """,
            "drop trigger audit_entry_stays_whole on audit_entry",
        ),
    ]
