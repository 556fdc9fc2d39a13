"""What a witness signed is never changed and never deleted."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("checkpoints", "0001_initial"), ("trail", "0006_restores")]
    operations = [
        migrations.RunSQL(
            """CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON checkpoints_cosignature FOR EACH ROW EXECUTE FUNCTION trail.refuse();
               CREATE TRIGGER append_only_all BEFORE TRUNCATE ON checkpoints_cosignature FOR EACH STATEMENT EXECUTE FUNCTION trail.refuse();
               REVOKE UPDATE, DELETE ON checkpoints_cosignature FROM portal_app""",
            """DROP TRIGGER append_only ON checkpoints_cosignature; DROP TRIGGER append_only_all ON checkpoints_cosignature;
               GRANT UPDATE, DELETE ON checkpoints_cosignature TO portal_app""",
        )
    ]
