from django.apps import AppConfig


class LettersConfig(AppConfig):
    """Letters about an incident: the page behind a letter's code, printing for those without mail, calls, and the family's own page."""

    name = "breaches.letters"
    label = "letters"

    def ready(self) -> None:
        from django.utils.translation import gettext_lazy as _

        from breaches.incidents import actions as incidents
        from breaches.incidents import pages
        from breaches.letters import actions, making, queries  # registers a handler of the outbox
        from breaches.letters import mail as own_mail  # registers a handler of the outbox
        from breaches.notices import mail

        mail.gives_codes(actions.make_codes)
        pages.register("letters:incident", _("Letters and answers"))
        incidents.keeps_open(queries.what_is_unanswered)
