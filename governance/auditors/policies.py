"""An outside auditor only reads. What else an auditor may send stands here, with the reason; everything that is not named is refused."""

from collections.abc import Callable
from typing import Any

View = Callable[..., Any]

# Addresses of the sign-in library and of the own account, by their names.
OWN_ACCOUNT = {
    "account_login": "signing in",
    "account_logout": "signing out",
    "account_reauthenticate": "the password once more",
    "account_change_password": "the own password",
    "account_set_password": "the own password",
    "account_reset_password": "the own password",
    "account_reset_password_from_key": "the own password",
    "account:end-device": "an own session",
    "mfa_activate_totp": "the own second factor",
    "mfa_deactivate_totp": "the own second factor",
    "mfa_authenticate": "the own second factor",
    "mfa_reauthenticate": "the own second factor",
    "mfa_generate_recovery_codes": "the own second factor",
    "mfa_add_webauthn": "the own passkey",
    "mfa_edit_webauthn": "the own passkey",
    "mfa_remove_webauthn": "the own passkey",
    "mfa_reauthenticate_webauthn": "the own passkey",
    "mfa_login_webauthn": "the own passkey",
    "set_language": "the language of the pages",
    "people:invitation": "the first password",
    "people:invitation-link": "the first password",
}


def open_to_auditors(*, reason: str) -> Callable[[View], View]:
    """An auditor may send this form; `reason` says why that changes nothing of the district's (a search by POST, an own work paper)."""

    def declare(view: View) -> View:
        view.open_to_auditors = reason  # type: ignore[attr-defined]  # a function may carry more
        return view

    return declare


def reason_of(view: View, name: str) -> str | None:
    """Why an auditor may send a form to this view, whose address has that name; None where they may not."""
    return getattr(view, "open_to_auditors", None) or OWN_ACCOUNT.get(name)
