"""Passwords, second steps and sessions under attack."""

import datetime as dt
import hashlib
import re
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.contrib.auth.hashers import check_password, identify_hasher, make_password
from django.contrib.auth.password_validation import validate_password
from django.contrib.sessions.models import Session
from django.core.cache import caches
from django.core.exceptions import ValidationError
from django.test import Client

from governance.people import invitations, sessions
from governance.people.models import User
from portal.base import clock
from tests.governance.people.cast import PASSWORD, by_password, entries, person, signed_in
from tests.harness.databases import Clone

pytestmark = pytest.mark.usefixtures("district")
SECRET = "JBSWY3DPEHPK3PXP"
NEW = "drei Kühe, zwei Äpfel: ß"


@pytest.fixture(autouse=True)
def _demo(settings: Any) -> None:
    settings.DEMO = True


def attempt(name: str, password: str, client: Client | None = None, **headers: str) -> Any:
    return (client or Client()).post("/accounts/login/", {"login": f"{name}@riverbend.example", "password": password}, headers=headers)


def code_of(secret: str, halves: int = 0) -> str:
    """What an app shows, `halves` half minutes from now."""
    import time

    from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value

    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + halves))


def with_app(name: str) -> None:
    Authenticator.objects.create(user=person(name), type=Authenticator.Type.TOTP, data={"secret": get_adapter().encrypt(SECRET)})


def weak(password: str) -> list[str]:
    try:
        validate_password(password, person("teacher"))
    except ValidationError as refusal:
        return [each.code or "" for each in refusal.error_list]
    return []


# -- Passwords -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("11-signs-xx", "password_too_short"),
        ("password1234", "password_too_common"),
        ("Riverbend!2026", "our_words"),
        ("studentportal9", "our_words"),
        ("teacher@riverbend", "password_too_similar"),
    ],
)
def test_what_everybody_tries_first_is_not_taken(password: str, why: str) -> None:
    assert why in weak(password)


@pytest.mark.parametrize(
    "password",
    ["qzxjwvkpfmhg", "847291835523", "~!@#$%^&*()_+=", "drei Kühe, zwei Äpfel", "ᓚᘏᗢ ᓚᘏᗢ ᓚᘏᗢ ᓚᘏᗢ", "a b c d e f " * 14],
    ids=["letters", "digits", "signs", "words", "any writing", "168 signs"],
)
def test_any_composition_is_taken_up_to_long_phrases(password: str) -> None:
    assert weak(password) == []


def test_a_password_that_was_stolen_elsewhere_is_not_taken(settings: Any, tmp_path: Path) -> None:
    """The list as haveibeenpwned.com gives it, tens of gigabytes: found by halves, the first and the last line too."""
    stolen = [f"stolen password {number}" for number in range(999)]
    lines = sorted(f"{hashlib.sha1(each.encode(), usedforsecurity=False).hexdigest().upper()}:{len(each) * 7}" for each in stolen)
    (tmp_path / "list.txt").write_text("\r\n".join(lines) + "\r\n")
    settings.BREACHED_PASSWORDS = str(tmp_path / "list.txt")
    assert {weak(each)[0] for each in stolen} == {"breached"}
    assert all(weak(f"never stolen {number}") == [] for number in range(200))


def test_a_password_is_changed_with_the_old_one_and_ends_every_other_session(settings: Any) -> None:
    here, there = by_password("teacher"), by_password("teacher")
    for wrong in ({"oldpassword": "", "password1": NEW, "password2": NEW}, {"oldpassword": "not it", "password1": NEW, "password2": NEW}):
        here.post("/accounts/password/change/", wrong)
        assert check_password(PASSWORD, person("teacher").password)
    here.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW})
    assert here.get("/home/").status_code == 200
    assert there.get("/home/").status_code == 302


def test_a_password_counts_exactly_as_it_was_typed() -> None:
    """Spaces at its ends, case, and every sign of a long one."""
    user = person("teacher")
    user.set_password(f" {NEW * 3} ")
    user.save(update_fields=["password"])
    for other in (NEW * 3, f" {NEW * 3} ".swapcase(), f" {NEW * 3}", f" {NEW * 3} "[:64]):
        assert attempt("teacher", other).status_code == 200
    assert attempt("teacher", f" {NEW * 3} ").status_code == 302


def test_a_password_stays_good_for_years(monkeypatch: pytest.MonkeyPatch) -> None:
    later = clock.now() + dt.timedelta(days=5 * 365)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert attempt("parent", PASSWORD).status_code == 302


def test_passwords_are_kept_by_argon2_and_older_ones_are_kept_anew_at_the_next_sign_in() -> None:
    hasher = identify_hasher(person("teacher").password)
    told = hasher.decode(make_password("x"))
    assert hasher.algorithm == "argon2" and told["variety"] == "argon2id"
    assert told["memory_cost"] >= 19 * 1024 and told["time_cost"] >= 2
    User.objects.filter(pk=person("teacher").pk).update(password=make_password(PASSWORD, hasher="pbkdf2_sha256"))
    assert attempt("teacher", PASSWORD).status_code == 302
    assert person("teacher").password.startswith("argon2$argon2id$")


def test_pages_ask_for_passwords_in_hidden_fields_and_for_no_hint() -> None:
    """Password managers fill them in; nobody is asked for the name of a pet."""
    signed = by_password("teacher")
    for client, address, wanted in (
        (Client(), "/accounts/login/", {"login": "email", "password": "current-password"}),
        (
            signed,
            "/accounts/password/change/",
            {"oldpassword": "current-password", "password1": "new-password", "password2": "new-password"},
        ),
        (Client(), "/accounts/password/reset/", {"email": "email"}),
    ):
        page = client.get(address).content.decode()
        main = page[page.index("<main") : page.index("</main>")]
        fields = {re.search(r'name="([^"]+)"', tag)[1]: tag for tag in re.findall(r"<input[^>]*>", main)}
        typed = {name: tag for name, tag in fields.items() if 'type="hidden"' not in tag and name != "next"}
        assert set(typed) - {"remember"} == set(wanted), address
        for name, fill in wanted.items():
            assert ('type="password"' in typed[name]) is ("password" in name), name
            assert fill in typed[name], (address, name)


def test_a_known_and_an_unknown_address_cost_the_same_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that the time of an answer does not tell who has an account."""
    from django.contrib.auth.hashers import Argon2PasswordHasher

    made: list[str] = []
    encode, verify = Argon2PasswordHasher.encode, Argon2PasswordHasher.verify
    monkeypatch.setattr(Argon2PasswordHasher, "encode", lambda *given, **more: made.append("hash") or encode(*given, **more))
    monkeypatch.setattr(Argon2PasswordHasher, "verify", lambda *given, **more: made.append("hash") or verify(*given, **more))
    attempt("teacher", "wrong-password-1")
    known, made[:] = len(made), []
    attempt("nobody.at.all", "wrong-password-1")
    assert known == len(made) == 1


def test_guessing_stops_guessing_and_locks_no_account() -> None:
    """The password rests for some minutes, wherever the tries come from; the account stays open, a passkey is not stopped."""
    for number in range(6):
        attempt("teacher", f"wrong-{number}")
    assert "Too many" in attempt("teacher", PASSWORD).content.decode()
    assert person("teacher").is_active
    assert Client().get("/accounts/2fa/webauthn/login/", headers={"X-Requested-With": "XMLHttpRequest"}).status_code == 200
    caches["default"].clear()  # as after the minutes
    assert attempt("teacher", PASSWORD).status_code == 302


# -- Ways in ---------------------------------------------------------------------------------------------------------------


def test_every_way_in_asks_for_the_second_step(settings: Any, mailoutbox: list) -> None:
    """Password, reset link and invitation: none of them signs somebody in who has a second step."""
    with_app("admin")
    client = Client()
    assert attempt("admin", PASSWORD, client)["Location"] == "/accounts/2fa/authenticate/"
    assert client.get("/home/").status_code == 302

    client = Client()
    client.post("/accounts/password/reset/", {"email": "admin@riverbend.example"})
    link = re.search(r"https?://[^/]+(/accounts/password/reset/key/\S+)", mailoutbox[-1].body)[1]
    form = client.get(link)["Location"]
    client.post(form, {"password1": NEW, "password2": NEW})
    assert client.get("/home/").status_code == 302
    assert attempt("admin", NEW, client)["Location"] == "/accounts/2fa/authenticate/"
    assert client.get(link, follow=True).status_code == 200 and "password1" not in client.get(link, follow=True).content.decode(), "used"

    client = Client()
    token = invitations.make(user=person("admin"), by=None, at=clock.now()).rstrip("/").rsplit("/", 1)[1]
    client.get(f"/invitation/{token}/")
    assert client.get("/home/").status_code == 302, "opening a link signs nobody in"
    client.post("/invitation/", {"password": NEW, "again": NEW})
    assert client.get("/home/").status_code == 302


def test_a_code_of_an_app_and_a_recovery_code_work_once(settings: Any) -> None:
    with_app("admin")
    codes = RecoveryCodes.activate(person("admin"))
    recovery = codes.get_unused_codes()[0]
    assert len(set(codes.generate_codes())) == 10 and all(len(each) >= 8 for each in codes.generate_codes())  # 26 bits and more
    used = code_of(SECRET)
    for code, works in ((code_of(SECRET, -1), False), (used, True), (used, False), (recovery, True), (recovery, False)):
        client = Client()
        attempt("admin", PASSWORD, client)
        client.post("/accounts/2fa/authenticate/", {"code": code})
        assert (client.get("/home/").status_code == 200) is works


def test_secrets_of_second_steps_are_chance_and_stand_nowhere_readable(district: Clone) -> None:
    from allauth.mfa.totp.internal.auth import generate_totp_secret

    made = {generate_totp_secret() for _ in range(50)} | {RecoveryCodes.generate_seed() for _ in range(50)}
    assert len(made) == 100 and min(len(each) for each in made) >= 32  # 160 bits in base 32
    with_app("admin")
    codes = RecoveryCodes.activate(person("admin")).get_unused_codes()
    owner = district.connect("owner")
    with owner, owner.cursor() as cursor:
        cursor.execute("SELECT coalesce(string_agg(a::text, ' '), '') FROM mfa_authenticator a")
        kept = cursor.fetchone()[0]
    owner.close()
    assert SECRET not in kept and not any(code in kept for code in codes)


def test_who_is_and_what_counts_is_asked_again_before_a_second_step_changes(settings: Any) -> None:
    client = signed_in("teacher")
    for address in ("/accounts/2fa/totp/activate/", "/accounts/2fa/recovery-codes/generate/", "/accounts/2fa/webauthn/add/"):
        answer = client.get(address)
        assert answer.status_code == 302 and "/reauthenticate/" in answer["Location"], address
    with_app("teacher")
    answer = client.post("/accounts/2fa/totp/deactivate/")
    assert answer.status_code == 302 and "reauthenticate" in answer["Location"]
    assert Authenticator.objects.filter(user=person("teacher")).exists()


# -- Sessions --------------------------------------------------------------------------------------------------------------


def test_a_session_gets_a_new_key_at_each_sign_in_and_the_old_one_opens_nothing() -> None:
    """A key that was planted in a browser is worth nothing afterwards; nor is one from before the password was asked again."""
    client = Client()
    client.cookies["sessionid"] = "planted0planted0planted0planted0planted0"
    client.get("/invitation/no-such-token/")
    attempt("teacher", PASSWORD, client)
    first = client.cookies["sessionid"].value
    assert "planted" not in first and re.fullmatch(r"[a-z0-9]{40}", first)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    second = client.cookies["sessionid"].value
    assert second != first
    thief = Client()
    thief.cookies["sessionid"] = first
    assert thief.get("/home/").status_code == 302
    assert client.get("/home/").status_code == 200
    client.post("/accounts/logout/")
    thief.cookies["sessionid"] = second
    assert thief.get("/home/").status_code == 302
    assert not Session.objects.filter(session_key__in=[first, second]).exists()


def test_keys_are_chance_but_for_the_mark_of_the_account() -> None:
    keys = [by_password("teacher").cookies["sessionid"].value for _ in range(3)]
    assert len({key[:12] for key in keys}) == 1 and len({key[12:] for key in keys}) == 3
    assert by_password("colleague").cookies["sessionid"].value[:12] != keys[0][:12]


def test_signing_out_tells_the_browser_to_forget() -> None:
    client = by_password("teacher")
    assert "Clear-Site-Data" not in client.get("/home/")
    assert client.post("/accounts/logout/")["Clear-Site-Data"] == '"cache", "storage"'


def test_it_ends_after_an_hour_without_a_page_and_after_twelve_in_any_case(monkeypatch: pytest.MonkeyPatch) -> None:
    start = dt.datetime.now(dt.UTC)
    client = by_password("teacher")

    def at(**later: float) -> int:
        now = start + dt.timedelta(**later)
        monkeypatch.setattr(sessions, "_now", lambda: now)
        monkeypatch.setattr("django.contrib.sessions.backends.db.timezone.now", lambda: now)
        status: int = client.get("/home/").status_code
        return status

    assert [at(minutes=50 * number) for number in range(1, 14)] == [200] * 13
    assert at(hours=11.7) == 200
    assert at(hours=12.01) == 302
    client = by_password("teacher")
    start = start + dt.timedelta(hours=12.01)
    assert at(minutes=61) == 302


def test_what_a_session_holds_is_not_read_in_the_database() -> None:
    client = by_password("teacher")
    held = Session.objects.get(session_key=client.cookies["sessionid"].value).session_data
    assert "_auth_user_id" not in held
    assert sessions.SessionStore().decode(held)["_auth_user_id"] == str(person("teacher").pk)
    assert sessions.SessionStore().decode(held[:-4] + "AAA=") == {}


def test_one_sees_ones_sessions_and_ends_them(district: Clone) -> None:
    here = by_password("teacher")
    there = Client(headers={"User-Agent": "Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0"})
    attempt("teacher", PASSWORD, there)
    by_password("colleague")
    page = here.get("/account/devices/").content.decode()
    assert "Firefox, Windows" in page and page.count("/end/") == 1
    assert not any(client.cookies["sessionid"].value in page for client in (here, there))
    end = re.search(r'action="(/account/devices/[0-9a-f]+/end/)"', page)[1]
    assert by_password("colleague").post(end).status_code == 404
    fresh = signed_in("teacher")
    assert "/reauthenticate/" in fresh.post(end)["Location"], "asked for the password first"
    assert there.get("/home/").status_code == 200
    assert here.post(end).status_code == 302
    assert there.get("/home/").status_code == 302
    assert here.get("/home/").status_code == 200
    assert entries(district, "people.sessions.ended")[-1]["additional_data"] == {"one": True}
