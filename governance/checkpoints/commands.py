"""`manage.py trail restore` and `trail key`: what the pages do, where people can sign in at the server's command line alone.

Whoever acts proves who they are as on the sign-in page: by password and, outside of a demo, by the second step's code. Asked for at a
terminal; read from standard input, a line each, where there is none.
"""

import datetime as dt
import getpass
import sys
from pathlib import Path
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from allauth.mfa.utils import is_mfa_enabled
from django.contrib.auth import authenticate
from django.core.management.base import CommandError
from django.utils import timezone

from governance.checkpoints import declarations, queries
from governance.checkpoints.models import Declaration
from governance.people.models import User
from governance.trail import context, entries
from governance.trail.seals import queries as seals
from governance.vocabulary import Event
from portal.base import clock
from portal.base.errors import CannotDo

COMMANDS = ("restore", "key")


def add(commands: Any) -> None:
    """Add `restore` and `key` to the subcommands of `manage.py trail`."""
    restore = commands.add_parser("restore", help="Declare a restore from a backup: one person proposes, another confirms.")
    restore.add_argument("--because", choices=[str(reason) for reason in Declaration.RESTORE_REASONS], help="Propose it, for this reason.")
    restore.add_argument("--backup", metavar="TIME", help="When the backup was made, 2026-11-20T02:00, at the district's clock.")
    restore.add_argument("--checkpoint", metavar="FILE", help="A checkpoint that a witness kept, where the sealer's folder was lost too.")
    key = commands.add_parser("key", help="Declare a new signing key: one person proposes, another confirms.")
    key.add_argument("--because", choices=[str(reason) for reason in Declaration.KEY_REASONS], help="Propose it, for this reason.")
    for each in (restore, key):
        each.add_argument("--confirm", action="store_true", help="Confirm what somebody else proposed.")
        each.add_argument("--drop", action="store_true", help="Do not declare it; the proposer may take it back.")
        each.add_argument("--by", metavar="E-MAIL", help="Who does it.")


def run(command: str, options: dict[str, Any], out: Any) -> None:
    """Do `restore` or `key`; without --because, --confirm or --drop, say how it stands. Raises CommandError."""
    chosen = [name for name in ("because", "confirm", "drop") if options[name]]
    if len(chosen) > 1:
        raise CommandError("Say one of --because, --confirm and --drop.")
    if not chosen:
        _say(command, out)
        return
    by = _signed_in(options["by"])
    with context.acting(actor_id=by.pk):
        try:
            _act(command, chosen[0], options, by, out)
        except CannotDo as refusal:
            raise CommandError(refusal.what_to_do) from refusal


def _act(command: str, act: str, options: dict[str, Any], by: User, out: Any) -> None:
    now = clock.now()
    if act == "because" and command == "key":
        declarations.propose_key(reason=Declaration.Reason(options["because"]), by=by, at=now)
    elif act == "because":
        kept = Path(options["checkpoint"]).read_text(encoding="utf-8") if options["checkpoint"] else ""
        reason = Declaration.Reason(options["because"])
        declarations.propose_restore(reason=reason, backup_at=_moment(options["backup"]), kept=kept, by=by, at=now)
    else:
        waiting = Declaration.objects.filter(kind=command, state=Declaration.State.WAITING).first()
        if waiting is None:
            raise CommandError("Nothing waits for a second person.")
        if act == "confirm":
            declarations.confirm(declaration_id=waiting.public_id, by=by, at=now)
        else:
            declarations.refuse(declaration_id=waiting.public_id, by=by, at=now)
    out.write(
        {
            "because": f"Proposed. Another person confirms it: manage.py trail {command} --confirm --by E-MAIL",
            "confirm": "Declared. The sealer goes on by itself.",
            "drop": "It is not declared.",
        }[act]
    )


def _moment(text: str | None) -> dt.datetime:
    try:
        moment = dt.datetime.fromisoformat(text or "")
    except ValueError as error:
        raise CommandError("Say when the backup was made: --backup 2026-11-20T02:00") from error
    return moment if moment.tzinfo else timezone.make_aware(moment, timezone.get_default_timezone())


def _signed_in(email: str | None) -> User:
    """The account of who acts. Raises CommandError, after an entry, for a wrong password or code: the words tell neither from the other."""
    if not email:
        raise CommandError("Say who does it: --by E-MAIL")
    password = _asked("Password: ")
    user = authenticate(request=None, email=email, password=password)
    if not isinstance(user, User):
        entries.refuse(Event.SIGN_IN_FAILED, by=None)
        raise CommandError("This e-mail and password do not belong together.")
    if is_mfa_enabled(user):
        code = _asked("Code of the second step: ")
        authenticator = Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).first()
        if authenticator is None or not code or not TOTP(authenticator).validate_code(code):
            entries.refuse(Event.SIGN_IN_FAILED, by=None)
            raise CommandError("This e-mail, password and code do not belong together.")
    return user


def _asked(prompt: str) -> str:
    return getpass.getpass(prompt) if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")


def _say(command: str, out: Any) -> None:
    refusal = seals.open_refusal()
    if command == "restore" and refusal is not None:
        loss = declarations.loss_that_the_sealer_found()
        out.write(f"The sealer stopped on {refusal.at:%Y-%m-%d %H:%M} UTC: {refusal.because}.")
        if loss is not None:
            out.write(f"What was sealed after {loss.first:,} up to {loss.last.size:,} entries is lost.")
    elif command == "restore":
        out.write("The sealer goes on from where it was.")
    for each in queries.declarations():
        if each.kind == command:
            out.write(f"{each.proposed_at:%Y-%m-%d %H:%M} UTC {each.reason}: {Declaration.State(each.state).value}")
