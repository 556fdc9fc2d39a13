-- A text and its approvals are added and never changed by the application's login; a recipient stays.
REVOKE UPDATE, DELETE, TRUNCATE ON public.notices_version, public.notices_approval FROM portal_app;
REVOKE DELETE, TRUNCATE ON public.notices_recipient, public.notices_notice FROM portal_app;
INSERT INTO public.notices_pace(id, minute, sent) VALUES (1, now(), 0);
