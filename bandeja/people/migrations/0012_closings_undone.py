from django.db import migrations, models


class Migration(migrations.Migration):
    """The audit log tells who took closings back."""

    dependencies = [("people", "0011_imports")]

    operations = [
        migrations.AlterField(
            model_name="auditentry",
            name="action",
            field=models.CharField(choices=[('created', 'Created'), ('published', 'Published'), ('changed', 'Changed'), ('deleted', 'Deleted'), ('connected', 'Connected'), ('disconnected', 'Disconnected'), ('token_renewed', 'Token Renewed'), ('invited', 'Invited'), ('link_given', 'Link Given'), ('deactivated', 'Deactivated'), ('reactivated', 'Reactivated'), ('password_changed', 'Password Changed'), ('sessions_ended', 'Sessions Ended'), ('totp_added', 'Totp Added'), ('totp_removed', 'Totp Removed'), ('passkey_added', 'Passkey Added'), ('passkey_removed', 'Passkey Removed'), ('codes_made', 'Codes Made'), ('second_step_removed', 'Second Step Removed'), ('tied', 'Tied'), ('assigning_changed', 'Assigning Changed'), ('erased', 'Erased'), ('closing_retried', 'Closing Retried'), ('imported', 'Imported'), ('closings_undone', 'Closings Undone')], max_length=30),
        ),
    ]
