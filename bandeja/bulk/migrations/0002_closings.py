from django.db import migrations, models


class Migration(migrations.Migration):
    """Whose closings an undoing takes back: a rule's or a flow's, between two instants."""

    dependencies = [("bulk", "0001_initial")]

    operations = [
        migrations.AddField("bulk", "rule_id", models.BigIntegerField(null=True)),
        migrations.AddField("bulk", "flow_id", models.BigIntegerField(null=True)),
        migrations.AddField("bulk", "name", models.TextField(blank=True, default="", db_default="")),
        migrations.AddField("bulk", "since", models.DateTimeField(null=True)),
        migrations.AddField("bulk", "until", models.DateTimeField(null=True)),
        migrations.AlterField(
            "bulk",
            "halted",
            models.CharField(
                blank=True,
                choices=[
                    ("cancelled", "Cancelled"),
                    ("left", "Left"),
                    ("no_owner", "No Owner"),
                    ("no_tag", "No Tag"),
                    ("not_allowed", "Not Allowed"),
                    ("failed", "Failed"),
                ],
                default="",
                max_length=11,
            ),
        ),
    ]
