import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('channels', '0005_missed_since'),
        ('closing', '0004_inclusions'),
        ('people', '0014_pause'),
    ]

    operations = [
        migrations.CreateModel(
            name='Sweeping',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('ran_at', models.DateTimeField()),
                ('stopped_at', models.DateTimeField(null=True)),
                ('resumes_at', models.DateTimeField(null=True)),
            ],
            options={
                'db_table': 'sweeping',
            },
        ),
        migrations.CreateModel(
            name='Pause',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('since', models.DateTimeField()),
                ('until', models.DateTimeField(null=True)),
                ('why', models.CharField(blank=True, max_length=200)),
                ('agent_id', models.BigIntegerField(null=True)),
                ('agent_name', models.TextField(blank=True)),
                ('mended_at', models.DateTimeField(null=True)),
                ('settled', models.BooleanField(db_default=False, default=False)),
                ('account', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='pauses', to='channels.account')),
                ('workspace', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='pauses', to='people.workspace')),
            ],
            options={
                'db_table': 'pause',
                'indexes': [models.Index(condition=models.Q(('settled', False)), fields=['workspace'], name='pause_unsettled'), models.Index(fields=['workspace', '-since'], name='pause_history')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('account', None), ('why__regex', '\\S')), models.Q(('account__isnull', False), ('why', '')), _connector='OR'), name='pause_by_somebody_has_a_reason'), models.UniqueConstraint(condition=models.Q(('account', None), ('until', None)), fields=('workspace',), name='pause_of_all'), models.UniqueConstraint(condition=models.Q(('account__isnull', False), ('until', None)), fields=('account',), name='pause_of_account')],
            },
        ),
    ]
