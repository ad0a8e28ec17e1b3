"""Routes, lots, units, components, the marks of their steps, and tallies; process data follow in the next one."""

import django.core.validators
import django.db.models.constraints
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.text
import production.criteria
import production.patterns
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('equipment', '0001_initial'),
        ('production', '0003_plans_indexes'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='NumberSequence',
            fields=[
                ('scope', models.CharField(max_length=150, primary_key=True, serialize=False)),
                ('last', models.BigIntegerField(default=0)),
            ],
            options={
                'ordering': ('scope',),
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='Lot',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('lot_number', models.CharField(max_length=50, unique=True, verbose_name='lot number')),
                ('production_date', models.DateField(verbose_name='production date')),
                ('shift', models.CharField(choices=[('DAY', 'Day'), ('NIGHT', 'Night')], max_length=5, verbose_name='shift')),
                ('target_quantity', models.PositiveSmallIntegerField(default=100, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(100)], verbose_name='target')),
                ('actual_quantity', models.PositiveSmallIntegerField(default=0, verbose_name='made')),
                ('passed_quantity', models.PositiveSmallIntegerField(default=0, verbose_name='passed')),
                ('failed_quantity', models.PositiveSmallIntegerField(default=0, verbose_name='failed')),
                ('scrapped_quantity', models.PositiveSmallIntegerField(default=0, verbose_name='scrapped')),
                ('status', models.CharField(choices=[('CREATED', 'Created'), ('IN_PROGRESS', 'In progress'), ('COMPLETED', 'Completed'), ('CLOSED', 'Closed')], default='CREATED', max_length=12, verbose_name='status')),
                ('created_on', models.DateField(editable=False)),
                ('started_at', models.DateTimeField(blank=True, null=True, verbose_name='started')),
                ('completed_at', models.DateTimeField(blank=True, null=True, verbose_name='completed')),
                ('completed_on', models.DateField(blank=True, editable=False, null=True)),
                ('closed_at', models.DateTimeField(blank=True, null=True, verbose_name='closed')),
                ('created_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='created by')),
                ('line', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='lots', to='equipment.line')),
                ('manager', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='manager')),
                ('product', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lots', to='production.productmodel', verbose_name='product')),
                ('site', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='lots', to='equipment.site')),
            ],
            options={
                'verbose_name': 'lot',
                'verbose_name_plural': 'lots',
                'ordering': ('-id',),
                'permissions': [('start_lot', 'Can start lots'), ('complete_lot', 'Can complete lots'), ('close_lot', 'Can close lots'), ('correct_lot', 'Can correct the quantities of lots')],
            },
        ),
        migrations.CreateModel(
            name='ComponentLot',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('part_code', models.CharField(max_length=100, validators=[django.core.validators.RegexValidator('^[\\w.:-]+( [\\w.:-]+)*\\Z', 'Letters, digits, . : - _ and single blanks between them only.')], verbose_name='part')),
                ('lot_number', models.CharField(max_length=100, validators=[django.core.validators.RegexValidator('^[\\w.:-]+( [\\w.:-]+)*\\Z', 'Letters, digits, . : - _ and single blanks between them only.')], verbose_name='component lot')),
                ('supplier', models.CharField(blank=True, max_length=200, verbose_name='supplier')),
                ('quantity', models.DecimalField(decimal_places=4, max_digits=16, validators=[django.core.validators.MinValueValidator(Decimal('0.0001'))], verbose_name='quantity')),
                ('consumed', models.DecimalField(decimal_places=4, default=0, max_digits=16, verbose_name='consumed')),
                ('status', models.CharField(choices=[('AVAILABLE', 'Available'), ('QUARANTINED', 'Quarantined')], default='AVAILABLE', max_length=12, verbose_name='status')),
                ('made_in', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='as_component', to='production.lot', verbose_name='made in our lot')),
            ],
            options={
                'verbose_name': 'component lot',
                'verbose_name_plural': 'component lots',
                'ordering': ('-id',),
                'permissions': [('quarantine_componentlot', 'Can block and release component lots'), ('consume_componentlot', 'Can scan components into units')],
            },
        ),
        migrations.CreateModel(
            name='NumberPattern',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('lot_pattern', models.CharField(default='WF-KR-{yymmdd}{shift}-{seq:3}', max_length=100, validators=[production.patterns.validate_lot_pattern], verbose_name='lot numbers')),
                ('serial_pattern', models.CharField(default='SN-{yymmdd}-{seq:3}', max_length=100, validators=[production.patterns.validate_serial_pattern], verbose_name='serial numbers')),
                ('site', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='number_pattern', to='equipment.site')),
            ],
            options={
                'verbose_name': 'number pattern',
                'verbose_name_plural': 'number patterns',
                'ordering': ('site__code',),
            },
        ),
        migrations.CreateModel(
            name='Process',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('process_number', models.PositiveIntegerField(error_messages={'unique': 'This number is taken.'}, unique=True, validators=[django.core.validators.MinValueValidator(1)], verbose_name='number')),
                ('process_code', models.CharField(max_length=50, validators=[django.core.validators.RegexValidator('^[\\w.:-]+( [\\w.:-]+)*\\Z', 'Letters, digits, . : - _ and single blanks between them only.')], verbose_name='code')),
                ('process_name_ko', models.CharField(blank=True, max_length=200, verbose_name='name (Korean)')),
                ('process_name_en', models.CharField(blank=True, max_length=200, verbose_name='name (English)')),
                ('description', models.TextField(blank=True, verbose_name='description')),
                ('estimated_duration_seconds', models.PositiveIntegerField(blank=True, null=True, verbose_name='estimated duration (s)')),
                ('quality_criteria', models.JSONField(blank=True, default=dict, validators=[production.criteria.validate_criteria], verbose_name='quality criteria')),
                ('is_label', models.BooleanField(default=False, help_text='May run for a failed unit, so that rejects carry a label.', verbose_name='prints the label')),
                ('is_active', models.BooleanField(default=True, verbose_name='active')),
                ('sort_order', models.IntegerField(default=0, verbose_name='order')),
            ],
            options={
                'verbose_name': 'process',
                'verbose_name_plural': 'processes',
                'ordering': ('sort_order', 'process_number', 'pk'),
                'constraints': [models.UniqueConstraint(django.db.models.functions.text.Lower('process_code'), name='production_process_code_unique', violation_error_code='unique', violation_error_message='A process with this code exists already.'), models.CheckConstraint(condition=models.Q(('process_number__gte', 1)), name='production_process_number_positive')],
            },
        ),
        migrations.CreateModel(
            name='Route',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('product', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='route', to='production.productmodel')),
            ],
            options={
                'verbose_name': 'route',
                'verbose_name_plural': 'routes',
                'ordering': ('product__model_code',),
            },
        ),
        migrations.CreateModel(
            name='RouteStep',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveSmallIntegerField(validators=[django.core.validators.MinValueValidator(1)], verbose_name='position')),
                ('process', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='route_steps', to='production.process')),
                ('route', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='steps', to='production.route')),
            ],
            options={
                'verbose_name': 'step of a route',
                'verbose_name_plural': 'steps of a route',
                'ordering': ('route', 'position'),
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='Serial',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('serial_number', models.CharField(max_length=50, unique=True, verbose_name='serial number')),
                ('sequence_in_lot', models.PositiveSmallIntegerField(validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(100)], verbose_name='position')),
                ('status', models.CharField(choices=[('CREATED', 'Created'), ('IN_PROGRESS', 'In progress'), ('PASSED', 'Passed'), ('FAILED', 'Failed')], default='CREATED', max_length=12, verbose_name='status')),
                ('rework_count', models.PositiveSmallIntegerField(default=0, verbose_name='reworks')),
                ('failure_reason', models.TextField(blank=True, verbose_name='reason of the failure')),
                ('is_scrapped', models.BooleanField(default=False, verbose_name='scrapped')),
                ('created_on', models.DateField(editable=False)),
                ('completed_at', models.DateTimeField(blank=True, null=True, verbose_name='completed')),
                ('completed_on', models.DateField(blank=True, editable=False, null=True)),
                ('created_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='created by')),
                ('lot', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='serials', to='production.lot', verbose_name='lot')),
            ],
            options={
                'verbose_name': 'unit',
                'verbose_name_plural': 'units',
                'ordering': ('-id',),
                'permissions': [('change_others_serial', 'Can change units that others made'), ('rework_serial', 'Can send failed units to rework'), ('print_label', 'Can print labels again'), ('view_trace', 'Can see the whole history of units')],
            },
        ),
        migrations.CreateModel(
            name='Rework',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveSmallIntegerField()),
                ('reason', models.TextField()),
                ('failure_reason', models.TextField()),
                ('at', models.DateTimeField()),
                ('process', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='production.process')),
                ('requested_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='requested by')),
                ('serial', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reworks', to='production.serial')),
            ],
            options={
                'verbose_name': 'rework',
                'verbose_name_plural': 'reworks',
                'ordering': ('serial', 'number'),
                'default_permissions': ('view',),
            },
        ),
        migrations.CreateModel(
            name='LabelPrint',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('reason', models.TextField()),
                ('at', models.DateTimeField()),
                ('printed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='printed by')),
                ('lot', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='label_prints', to='production.lot')),
                ('serial', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='label_prints', to='production.serial')),
            ],
            options={
                'verbose_name': 'reprinted label',
                'verbose_name_plural': 'reprinted labels',
                'ordering': ('-at', '-id'),
                'default_permissions': ('view',),
            },
        ),
        migrations.CreateModel(
            name='Defect',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('record_id', models.BigIntegerField()),
                ('day', models.DateField()),
                ('defect_code', models.CharField(max_length=100)),
                ('defect_name', models.CharField(blank=True, max_length=200)),
                ('severity', models.CharField(blank=True, max_length=50)),
                ('lot', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='production.lot')),
                ('process', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='production.process')),
                ('serial', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='defects', to='production.serial')),
            ],
            options={
                'verbose_name': 'defect',
                'verbose_name_plural': 'defects',
                'ordering': ('-id',),
                'default_permissions': ('view',),
            },
        ),
        migrations.CreateModel(
            name='Consumption',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('quantity', models.DecimalField(decimal_places=4, max_digits=16)),
                ('at', models.DateTimeField()),
                ('component_lot', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='consumptions', to='production.componentlot')),
                ('operator', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('process', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='production.process')),
                ('serial', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='components', to='production.serial')),
            ],
            options={
                'verbose_name': 'component used',
                'verbose_name_plural': 'components used',
                'ordering': ('-at', '-id'),
                'default_permissions': ('view',),
            },
        ),
        migrations.CreateModel(
            name='StepMark',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('passed', models.BooleanField()),
                ('record_id', models.BigIntegerField()),
                ('lot', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='production.lot')),
                ('process', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='production.process')),
                ('serial', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='marks', to='production.serial')),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='Tally',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('subject', models.CharField(choices=[('PROCESS', 'Records by process'), ('OPERATOR', 'Records by operator'), ('DEFECT', 'Defects by code'), ('MADE', 'Units made'), ('ENDED', 'Units passed or failed'), ('UNITS', 'Units by status and rework')], max_length=8)),
                ('day', models.DateField(null=True)),
                ('ref_id', models.BigIntegerField(default=0)),
                ('word', models.CharField(blank=True, max_length=100)),
                ('level', models.CharField(blank=True, max_length=6)),
                ('count', models.BigIntegerField()),
                ('timed', models.BigIntegerField(default=0)),
                ('duration_us', models.BigIntegerField(default=0)),
                ('base', models.BooleanField(default=False)),
            ],
            options={
                'default_permissions': (),
                'indexes': [models.Index(fields=['subject', 'day'], name='production_tally_subject_day'), models.Index(condition=models.Q(('base', False)), fields=['id'], name='production_tally_loose')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('base', True)), fields=('subject', 'day', 'ref_id', 'word', 'level'), name='production_tally_one_base', nulls_distinct=False)],
            },
        ),
        migrations.AddIndex(
            model_name='lot',
            index=models.Index(fields=['production_date', 'id'], name='production_lot_day'),
        ),
        migrations.AddIndex(
            model_name='lot',
            index=models.Index(fields=['status', 'id'], name='production_lot_status'),
        ),
        migrations.AddIndex(
            model_name='lot',
            index=models.Index(fields=['product', 'id'], name='production_lot_product'),
        ),
        migrations.AddIndex(
            model_name='lot',
            index=models.Index(fields=['created_on'], name='production_lot_created_on'),
        ),
        migrations.AddIndex(
            model_name='lot',
            index=models.Index(fields=['completed_on'], name='production_lot_completed_on'),
        ),
        migrations.AddConstraint(
            model_name='lot',
            constraint=models.CheckConstraint(condition=models.Q(('target_quantity__gte', 1), ('target_quantity__lte', 100)), name='production_lot_target_within_limits'),
        ),
        migrations.AddConstraint(
            model_name='lot',
            constraint=models.CheckConstraint(condition=models.Q(('actual_quantity__lte', models.F('target_quantity'))), name='production_lot_never_over_target'),
        ),
        migrations.AddConstraint(
            model_name='lot',
            constraint=models.CheckConstraint(condition=models.Q(('actual_quantity__gte', django.db.models.expressions.CombinedExpression(models.F('passed_quantity'), '+', models.F('failed_quantity'))), ('scrapped_quantity__lte', models.F('failed_quantity'))), name='production_lot_quantities_add_up'),
        ),
        migrations.AddConstraint(
            model_name='lot',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['CREATED', 'IN_PROGRESS', 'COMPLETED', 'CLOSED'])), name='production_lot_status_known'),
        ),
        migrations.AddConstraint(
            model_name='lot',
            constraint=models.CheckConstraint(condition=models.Q(('shift__in', ['DAY', 'NIGHT'])), name='production_lot_shift_known'),
        ),
        migrations.AddConstraint(
            model_name='lot',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('closed_at__isnull', False), ('status', 'CLOSED')), models.Q(models.Q(('status', 'CLOSED'), _negated=True), ('closed_at', None)), _connector='OR'), name='production_lot_closed_has_its_time'),
        ),
        migrations.AddIndex(
            model_name='componentlot',
            index=models.Index(fields=['part_code', 'id'], name='production_component_part'),
        ),
        migrations.AddConstraint(
            model_name='componentlot',
            constraint=models.UniqueConstraint(django.db.models.functions.text.Lower('lot_number'), name='production_componentlot_number_unique', violation_error_code='unique', violation_error_message='A component lot with this number exists already.'),
        ),
        migrations.AddConstraint(
            model_name='componentlot',
            constraint=models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='production_componentlot_some'),
        ),
        migrations.AddConstraint(
            model_name='componentlot',
            constraint=models.CheckConstraint(condition=models.Q(('consumed__gte', 0), ('consumed__lte', models.F('quantity'))), name='production_componentlot_never_overdrawn'),
        ),
        migrations.AddConstraint(
            model_name='routestep',
            constraint=models.UniqueConstraint(deferrable=django.db.models.constraints.Deferrable['DEFERRED'], fields=('route', 'position'), name='production_routestep_position_once'),
        ),
        migrations.AddConstraint(
            model_name='routestep',
            constraint=models.UniqueConstraint(fields=('route', 'process'), name='production_routestep_process_once'),
        ),
        migrations.AddConstraint(
            model_name='routestep',
            constraint=models.CheckConstraint(condition=models.Q(('position__gte', 1)), name='production_routestep_position_positive'),
        ),
        migrations.AddIndex(
            model_name='serial',
            index=models.Index(fields=['status', 'id'], name='production_serial_status'),
        ),
        migrations.AddConstraint(
            model_name='serial',
            constraint=models.UniqueConstraint(fields=('lot', 'sequence_in_lot'), name='production_serial_position_once_in_lot'),
        ),
        migrations.AddConstraint(
            model_name='serial',
            constraint=models.CheckConstraint(condition=models.Q(('sequence_in_lot__gte', 1), ('sequence_in_lot__lte', 100)), name='production_serial_position_within_limits'),
        ),
        migrations.AddConstraint(
            model_name='serial',
            constraint=models.CheckConstraint(condition=models.Q(('rework_count__lte', 3)), name='production_serial_rework_within_limits'),
        ),
        migrations.AddConstraint(
            model_name='serial',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['CREATED', 'IN_PROGRESS', 'PASSED', 'FAILED'])), name='production_serial_status_known'),
        ),
        migrations.AddConstraint(
            model_name='serial',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status', 'FAILED'), models.Q(('failure_reason', ''), _negated=True)), models.Q(models.Q(('status', 'FAILED'), _negated=True), ('failure_reason', '')), _connector='OR'), name='production_serial_failed_for_a_reason'),
        ),
        migrations.AddConstraint(
            model_name='serial',
            constraint=models.CheckConstraint(condition=models.Q(('is_scrapped', False), ('status', 'FAILED'), _connector='OR'), name='production_serial_scrapped_is_failed'),
        ),
        migrations.AddConstraint(
            model_name='serial',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('completed_at__isnull', False), ('status__in', ('PASSED', 'FAILED'))), models.Q(('completed_at', None), ('status__in', ('CREATED', 'IN_PROGRESS'))), _connector='OR'), name='production_serial_ended_has_its_time'),
        ),
        migrations.AddConstraint(
            model_name='rework',
            constraint=models.UniqueConstraint(fields=('serial', 'number'), name='production_rework_number_once'),
        ),
        migrations.AddConstraint(
            model_name='rework',
            constraint=models.CheckConstraint(condition=models.Q(('number__gte', 1), ('number__lte', 3)), name='production_rework_at_most_three'),
        ),
        migrations.AddConstraint(
            model_name='labelprint',
            constraint=models.CheckConstraint(condition=models.Q(('lot__isnull', True), ('serial__isnull', True), _connector='XOR'), name='production_labelprint_of_a_lot_or_a_unit'),
        ),
        migrations.AddConstraint(
            model_name='labelprint',
            constraint=models.UniqueConstraint(fields=('lot', 'number'), name='production_labelprint_lot_once'),
        ),
        migrations.AddConstraint(
            model_name='labelprint',
            constraint=models.UniqueConstraint(fields=('serial', 'number'), name='production_labelprint_serial_once'),
        ),
        migrations.AddIndex(
            model_name='defect',
            index=models.Index(fields=['record_id'], name='production_defect_record'),
        ),
        migrations.AddIndex(
            model_name='defect',
            index=models.Index(fields=['defect_code', 'id'], name='production_defect_code'),
        ),
        migrations.AddConstraint(
            model_name='consumption',
            constraint=models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='production_consumption_some'),
        ),
        migrations.AddConstraint(
            model_name='stepmark',
            constraint=models.UniqueConstraint(condition=models.Q(('serial__isnull', False)), fields=('serial', 'process'), name='production_stepmark_once_per_unit'),
        ),
        migrations.AddConstraint(
            model_name='stepmark',
            constraint=models.UniqueConstraint(condition=models.Q(('serial', None)), fields=('lot', 'process'), name='production_stepmark_once_per_lot'),
        ),
    ]
