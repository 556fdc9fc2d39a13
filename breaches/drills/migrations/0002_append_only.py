"""Answers in a drill and what was let in are added, never changed: the tables hold that too, whoever asks."""

from django.db import migrations

TABLES = ("drills_answer", "drills_arrival")


def statements() -> tuple[str, str]:
    """(what closes the tables, what opens them again)."""
    close, back = [], []
    for table in TABLES:
        close += [
            f"REVOKE UPDATE, DELETE ON public.{table} FROM portal_app;",
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON public.{table} FOR EACH ROW EXECUTE FUNCTION trail.refuse();",
        ]
        back += [f"DROP TRIGGER append_only ON public.{table};", f"GRANT UPDATE, DELETE ON public.{table} TO portal_app;"]
    return "\n".join(close), "\n".join(back)


class Migration(migrations.Migration):
    dependencies = [("drills", "0001_initial"), ("trail", "0005_proofs")]
    operations = [migrations.RunSQL(*statements())]
