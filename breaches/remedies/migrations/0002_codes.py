"""What the application's login may no longer do with codes and offers."""

from django.db import migrations

from portal.base import sql


class Migration(migrations.Migration):
    dependencies = [("remedies", "0001_initial"), ("trail", "0005_proofs")]
    operations = [
        sql.run(
            __file__,
            "0002_codes.sql",
            reverse="DROP TRIGGER stays ON public.remedies_code; DROP FUNCTION public.remedies_code_stays();"
            " GRANT UPDATE, DELETE ON public.remedies_code, public.remedies_offer TO portal_app; GRANT DELETE ON public.remedies_remedy TO portal_app",
        )
    ]
