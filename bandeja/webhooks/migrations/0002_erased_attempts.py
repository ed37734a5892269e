"""What was answered to a message goes with it: receivers may say again what they were told of who is erased."""

from django.db import migrations

FORTH = """
    create function bandeja_erase_attempts() returns trigger language plpgsql as $$
    begin
        delete from webhook_attempt
        using gone, webhook
        where webhook.workspace_id = gone.workspace_id
          and webhook_attempt.webhook_id = webhook.id and webhook_attempt.message_id = gone.id;
        return null;
    end $$;
    create trigger webhook_message_erases_attempts after delete on webhook_message
        referencing old table as gone for each statement execute function bandeja_erase_attempts();
"""
BACK = """
    drop trigger webhook_message_erases_attempts on webhook_message;
    drop function bandeja_erase_attempts();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('webhooks', '0001_webhooks'),
    ]

    operations = [
        migrations.RunSQL(FORTH, BACK),
    ]
