from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models.functions import Lower

from bandeja.conversations.plain import Digits

PHONE = models.Index(
    models.F("workspace"), Digits("phone"), condition=~models.Q(phone=""), name="contact_digits"
)
EMAIL = models.Index(models.F("workspace"), Lower("email"), condition=~models.Q(email=""), name="contact_email")


class Migration(migrations.Migration):
    """Contacts by the digits of their phone and by their e-mail. Built beside whoever is writing."""

    atomic = False

    dependencies = [("conversations", "0020_kept_has_no_clock")]

    operations = [
        # An attempt that was cut off leaves an index that serves nobody and has the name.
        migrations.RunSQL("drop index concurrently if exists contact_digits", migrations.RunSQL.noop),
        AddIndexConcurrently("contact", PHONE),
        migrations.RunSQL("drop index concurrently if exists contact_email", migrations.RunSQL.noop),
        AddIndexConcurrently("contact", EMAIL),
    ]
