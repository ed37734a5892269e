from django.db import migrations


class Migration(migrations.Migration):
    """Room for updates in place, vacuum early on the tables that churn, and the numbers events are published by."""

    dependencies = [("conversations", "0001_initial"), ("channels", "0001_initial")]

    operations = [
        migrations.RunSQL(
            "alter table conversation set (fillfactor = 90, autovacuum_vacuum_scale_factor = 0.02)",
            "alter table conversation reset (fillfactor, autovacuum_vacuum_scale_factor)",
        ),
        migrations.RunSQL(
            "alter table receipt set (fillfactor = 90, autovacuum_vacuum_scale_factor = 0.02)",
            "alter table receipt reset (fillfactor, autovacuum_vacuum_scale_factor)",
        ),
        migrations.RunSQL("create sequence event_number", "drop sequence event_number"),
    ]
