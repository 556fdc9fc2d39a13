import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """Who reads privileged notes beside the lead, and where the vault keeps what is evidence."""

    dependencies = [
        ("incidents", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="incident",
            name="counsel",
            field=models.ForeignKey(
                help_text="who reads privileged notes beside the lead",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="evidence",
            name="file",
            field=models.CharField(default="", help_text="its name in the vault", max_length=60),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="evidence",
            name="file_key",
            field=models.BinaryField(default=b"", max_length=120),
            preserve_default=False,
        ),
        migrations.AlterField(
            model_name="decision",
            name="about",
            field=models.CharField(
                choices=[
                    ("confirmed", "It was a breach"),
                    ("not_a_breach", "It was no breach"),
                    ("severity", "How severe it is"),
                    ("lead", "Who leads"),
                    ("cause", "The cause it shares with others"),
                    ("counsel", "Who advises in law"),
                    ("other", "Something else"),
                ],
                max_length=20,
            ),
        ),
    ]
