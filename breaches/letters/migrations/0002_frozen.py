"""What the application's login may not do with calls, codes, answers and printings."""

from django.db import migrations

from portal.base import sql


class Migration(migrations.Migration):
    dependencies = [("letters", "0001_initial")]
    operations = [
        sql.run(
            __file__,
            "0002_frozen.sql",
            reverse="GRANT UPDATE, DELETE ON public.letters_call TO portal_app;"
            " GRANT DELETE ON public.letters_code, public.letters_answer, public.letters_printing, public.letters_sheet TO portal_app",
        )
    ]
