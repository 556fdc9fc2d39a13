-- A text and its approvals are added and never changed by the application's login; a posting and a pack stay.
REVOKE UPDATE, DELETE, TRUNCATE ON public.postings_version, public.postings_approval FROM portal_app;
REVOKE DELETE, TRUNCATE ON public.postings_posting, public.postings_pack FROM portal_app;
