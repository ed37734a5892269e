from django.db import migrations, models

GRANT = """
    update role set permissions = permissions || array['import_contacts']::varchar[]
    where key = 'admin' and not permissions && array['import_contacts']::varchar[]
"""
TAKE_BACK = "update role set permissions = array_remove(permissions, 'import_contacts')"


class Migration(migrations.Migration):
    """Administrators may import contacts, and the audit log tells of it."""

    dependencies = [("people", "0010_closing_retried")]

    operations = [
        migrations.RunSQL(GRANT, TAKE_BACK),
        migrations.AlterField(
            model_name="auditentry",
            name="action",
            field=models.CharField(choices=[('created', 'Created'), ('published', 'Published'), ('changed', 'Changed'), ('deleted', 'Deleted'), ('connected', 'Connected'), ('disconnected', 'Disconnected'), ('token_renewed', 'Token Renewed'), ('invited', 'Invited'), ('link_given', 'Link Given'), ('deactivated', 'Deactivated'), ('reactivated', 'Reactivated'), ('password_changed', 'Password Changed'), ('sessions_ended', 'Sessions Ended'), ('totp_added', 'Totp Added'), ('totp_removed', 'Totp Removed'), ('passkey_added', 'Passkey Added'), ('passkey_removed', 'Passkey Removed'), ('codes_made', 'Codes Made'), ('second_step_removed', 'Second Step Removed'), ('tied', 'Tied'), ('assigning_changed', 'Assigning Changed'), ('erased', 'Erased'), ('closing_retried', 'Closing Retried'), ('imported', 'Imported')], max_length=30),
        ),
    ]
