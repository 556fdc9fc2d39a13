"""Looks as families see them, questions about them, and openings in an emergency."""

import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models

from portal.base import sql


class Migration(migrations.Migration):

    dependencies = [
        ('records', '0002_door'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        sql.run(__file__, "0004_looks.sql", reverse="DROP FUNCTION door.own_looks, door.look_months, door.looks, door.lines"),
        migrations.CreateModel(
            name='EmergencyOpening',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('hat', models.CharField(max_length=40)),
                ('reason', models.CharField(choices=[('illness', 'Sudden illness or injury'), ('allergy', 'Allergic reaction'), ('missing', 'A student is missing'), ('harm', 'Danger of harm to the student or to others'), ('evacuation', 'Fire, evacuation or lockdown'), ('other', 'Another danger to health or safety')], max_length=20)),
                ('words', models.TextField(max_length=500)),
                ('opened_at', models.DateTimeField()),
                ('closes_at', models.DateTimeField()),
                ('reviewed_at', models.DateTimeField(null=True)),
                ('opened_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='emergency_openings', to=settings.AUTH_USER_MODEL)),
                ('reviewed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('student', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='records.student')),
            ],
            options={
                'ordering': ['-opened_at'],
                'constraints': [models.CheckConstraint(condition=models.Q(('closes_at__gt', models.F('opened_at'))), name='emergency_closes_after_opening'), models.CheckConstraint(condition=models.Q(models.Q(('reviewed_at', None), ('reviewed_by', None)), models.Q(('reviewed_at__isnull', False), ('reviewed_by__isnull', False)), _connector='OR'), name='emergency_reviewed_by_someone'), models.CheckConstraint(condition=models.Q(('reviewed_by', None), models.Q(('reviewed_by', models.F('opened_by')), _negated=True), _connector='OR'), name='emergency_reviewed_by_another')],
            },
        ),
        migrations.CreateModel(
            name='LookQuestion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('entry_id', models.BigIntegerField()),
                ('entry_at', models.DateTimeField()),
                ('look', models.JSONField(default=dict)),
                ('asked_at', models.DateTimeField()),
                ('words', models.TextField(blank=True, max_length=1000)),
                ('due_on', models.DateField()),
                ('answer', models.CharField(blank=True, choices=[('planning', 'I was planning lessons or groups for my class.'), ('grading', 'I was grading or checking on schoolwork.'), ('class_list', 'I opened the list of the whole class, as I do for lessons.'), ('meeting', 'I was getting ready for a meeting or a call about the student.'), ('support', 'The student or the family had asked for help.'), ('office', "It was part of the school’s office work."), ('mistake', 'I opened it by mistake and closed it again.'), ('other', 'Another reason, told below.')], max_length=20)),
                ('answer_words', models.TextField(blank=True, max_length=1000)),
                ('answered_at', models.DateTimeField(null=True)),
                ('answered_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='look_questions', to=settings.AUTH_USER_MODEL)),
                ('asked_of', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='look_questions_to_answer', to=settings.AUTH_USER_MODEL)),
                ('student', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='records.student')),
            ],
            options={
                'ordering': ['due_on', 'pk'],
                'indexes': [models.Index(condition=models.Q(('answered_at', None)), fields=['asked_of', 'due_on'], name='look_question_open')],
                'constraints': [models.UniqueConstraint(fields=('asked_by', 'student', 'entry_id', 'entry_at'), name='one_question_per_person_and_line'), models.CheckConstraint(condition=models.Q(models.Q(('answer', ''), ('answered_at', None), ('answered_by', None)), models.Q(('answered_at__isnull', False), ('answered_by__isnull', False), models.Q(('answer', ''), _negated=True)), _connector='OR'), name='look_question_answered_by_someone')],
            },
        ),
    ]
