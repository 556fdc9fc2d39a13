"""Two keys for the most sensitive data, and the numbers of requests."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("governance", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        # Numbers that people use for a request; a draft that is dropped leaves a gap, which says nothing about anyone.
        migrations.RunSQL(
            "CREATE SEQUENCE governance_request_number AS integer START 2101; GRANT USAGE ON SEQUENCE governance_request_number TO portal_app",
            "DROP SEQUENCE governance_request_number",
        ),
        migrations.AddField(
            model_name="datarequest",
            name="first_key",
            field=models.JSONField(
                blank=True, default=dict, help_text="what the first person allowed: elements, sections, last day, reason"
            ),
        ),
        migrations.AddField(
            model_name="datarequest",
            name="first_key_at",
            field=models.DateTimeField(help_text="the first of two people agreed; a second one must", null=True),
        ),
        migrations.AddField(
            model_name="datarequest",
            name="first_key_by",
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL),
        ),
        migrations.AlterField(
            model_name="datarequest",
            name="number",
            field=models.PositiveIntegerField(
                db_default=models.Func(models.Value("governance_request_number"), function="nextval"),
                editable=False,
                help_text="what people call it: R-2041",
                unique=True,
            ),
        ),
        migrations.AlterField(
            model_name="element",
            name="held_in",
            field=models.CharField(
                blank=True, help_text="identity, guardian, value, link, or empty where the portal never holds it", max_length=40
            ),
        ),
        migrations.AlterField(
            model_name="grant",
            name="rule_version",
            field=models.CharField(help_text="the rules it rests on: key@number, separated by commas", max_length=200),
        ),
        migrations.AddConstraint(
            model_name="datarequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("first_key_at", None), ("first_key_by", None)),
                    models.Q(("first_key_at__isnull", False), ("first_key_by__isnull", False)),
                    _connector="OR",
                ),
                name="first_key_given_by_someone",
            ),
        ),
        migrations.AddConstraint(
            model_name="datarequest",
            constraint=models.CheckConstraint(
                condition=models.Q(("first_key_by", None), models.Q(("first_key_by", models.F("asker")), _negated=True), _connector="OR"),
                name="first_key_given_by_another",
            ),
        ),
        migrations.AddConstraint(
            model_name="datarequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("first_key_by", None),
                    ("decided_by", None),
                    models.Q(("decided_by", models.F("first_key_by")), _negated=True),
                    _connector="OR",
                ),
                name="two_keys_are_two_people",
            ),
        ),
    ]
