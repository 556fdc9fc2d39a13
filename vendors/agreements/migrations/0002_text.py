from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("agreements", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="version",
            name="text",
            field=models.TextField(blank=True, editable=False, help_text="the whole text as it was sent, in the form of agreements.texts", default=""),
            preserve_default=False,
        ),
    ]
