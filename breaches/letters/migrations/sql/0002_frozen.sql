-- What was tried on the phone is added and never changed by the application's login; codes, answers and printings stay.
REVOKE UPDATE, DELETE, TRUNCATE ON public.letters_call FROM portal_app;
REVOKE DELETE, TRUNCATE ON public.letters_code, public.letters_answer, public.letters_printing, public.letters_sheet FROM portal_app;
