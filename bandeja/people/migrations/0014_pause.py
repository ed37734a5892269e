from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('people', '0013_inclusions'),
    ]

    operations = [
        migrations.AddField(
            model_name='workspace',
            name='heeds_faults',
            field=models.BooleanField(db_default=True, default=True),
        ),
        migrations.AlterField(
            model_name='auditentry',
            name='action',
            field=models.CharField(choices=[('created', 'Created'), ('published', 'Published'), ('changed', 'Changed'), ('deleted', 'Deleted'), ('connected', 'Connected'), ('disconnected', 'Disconnected'), ('token_renewed', 'Token Renewed'), ('invited', 'Invited'), ('link_given', 'Link Given'), ('deactivated', 'Deactivated'), ('reactivated', 'Reactivated'), ('password_changed', 'Password Changed'), ('sessions_ended', 'Sessions Ended'), ('totp_added', 'Totp Added'), ('totp_removed', 'Totp Removed'), ('passkey_added', 'Passkey Added'), ('passkey_removed', 'Passkey Removed'), ('codes_made', 'Codes Made'), ('second_step_removed', 'Second Step Removed'), ('tied', 'Tied'), ('assigning_changed', 'Assigning Changed'), ('erased', 'Erased'), ('closing_retried', 'Closing Retried'), ('closing_paused', 'Closing Paused'), ('closing_resumed', 'Closing Resumed'), ('imported', 'Imported'), ('closings_undone', 'Closings Undone'), ('closing_included', 'Closing Included'), ('inclusion_undone', 'Inclusion Undone')], max_length=30),
        ),
    ]
