"""The import: staging tables, the keeper's procedures, and what a run remembers. Reversing forgets which roster brought what."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from portal.base import sql

_DROP_FUNCTIONS = """
DO $$ DECLARE f text; BEGIN
  FOR f IN SELECT p.oid::regprocedure FROM pg_proc p WHERE p.pronamespace = 'door'::regnamespace AND p.proname ~ '^({names})' LOOP
    EXECUTE format('DROP FUNCTION %s CASCADE', f); END LOOP; END $$;
"""
_DROP_TABLES = """
DO $$ DECLARE t text; BEGIN
  FOR t IN SELECT relname FROM pg_class WHERE relnamespace = 'records'::regnamespace AND relkind = 'r' AND relname ~ '^(stage_|delta_|import_|intake$|roster_source$)' LOOP
    EXECUTE format('DROP TABLE records.%I CASCADE', t); END LOOP; END $$;
REVOKE USAGE ON SCHEMA records FROM portal_keeper;
"""
_REVERSE_STAGING = "".join((_DROP_FUNCTIONS.format(names="import_(faults|open|clear)|day$|intake_"), _DROP_TABLES))
_REVERSE_ROSTER = "DROP VIEW records.staged_demographic, records.staged_person;" + _DROP_FUNCTIONS.format(
    names="roster_|import_(entry|done|compared)|check_|notice|gone|yes|role_known|touched_entries"
)
_REVERSE_VALUES = _DROP_FUNCTIONS.format(names="values_|limits_|students_by")


class Migration(migrations.Migration):
    dependencies = [
        ("records", "0004_looks"),
        ("governance", "0001_initial"),
        ("contenttypes", "0002_remove_content_type_name"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.AddField(
            "importrun",
            "applied_by",
            models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField("importrun", "attempts", models.PositiveSmallIntegerField(default=0)),
        migrations.AddField("importrun", "started_at", models.DateTimeField(null=True)),
        migrations.AlterField(
            "importrun",
            "state",
            models.CharField(
                choices=[
                    ("mapping", "Waiting for its columns"),
                    ("received", "Waiting to be checked"),
                    ("checked", "Checked: ready to apply"),
                    ("refused", "Refused: see the faults"),
                    ("waiting", "Waiting for a second person"),
                    ("applying", "Being applied"),
                    ("applied", "Applied"),
                    ("failed", "Failed: nothing was changed"),
                    ("dropped", "Dropped"),
                ],
                max_length=20,
            ),
        ),
        migrations.AlterField("enrollment", "sourced_id", models.CharField(max_length=255)),
        migrations.AddConstraint("enrollment", models.UniqueConstraint(fields=("sourced_id",), name="enrollment_sourced_id")),
        # the big table of links keeps only the indexes that somebody asks
        migrations.RemoveConstraint("guardianship", "one_link_per_user_and_student"),
        migrations.AlterField(
            "guardianship",
            "limit_set_by",
            models.ForeignKey(
                db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AlterField(
            "guardianship",
            "student",
            models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="guardianships",
                to="records.student",
            ),
        ),
        migrations.AddConstraint(
            "guardianship",
            models.UniqueConstraint(
                condition=models.Q(("ended_at", None), ("user__isnull", False)),
                fields=("student", "user"),
                name="one_link_per_user_and_student",
            ),
        ),
        sql.run(__file__, "0005_staging.sql", reverse=_REVERSE_STAGING),
        sql.run(__file__, "0005_roster.sql", reverse=_REVERSE_ROSTER),
        sql.run(__file__, "0005_values.sql", reverse=_REVERSE_VALUES),
    ]
