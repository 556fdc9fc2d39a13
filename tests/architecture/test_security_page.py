"""docs/security/README.md says what the code says."""

import importlib
import re
from pathlib import Path

import pytest
from django import forms
from django.conf import settings

from governance.people import passwords, sessions, uploads
from governance.vocabulary import Tier
from portal.run import supervise
from portal.run.house import House
from tests.architecture.test_code_is_safe import FILES, SPEAK, TOP, who_imports
from vendors.oneroster import limits

PAGE = (TOP / "docs" / "security" / "README.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    """The words under a heading."""
    return re.split(r"^## ", PAGE.split(f"## {title}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]


def column(text: str, number: int = 0) -> list[str]:
    """A column of a section's tables, without heads."""
    rows = [re.split(r"(?<!\\)\|", line)[1:-1] for line in text.splitlines() if line.startswith("| ")]
    heads = {index for index, line in enumerate(text.splitlines()) if line.startswith("|---")}
    first = [text.splitlines()[index - 1] for index in heads]
    return [row[number].strip() for row in rows if "|" + "|".join(row) + "|" not in first]


def upload_fields() -> set[str]:
    """Every field of a form that takes a file, but for the gallery's sample."""
    found = set()
    for path in FILES:
        if "FileField" in path.read_text(encoding="utf-8") or path.name == "forms.py":
            name = str(path.relative_to(TOP).with_suffix("")).replace("/", ".")
            for kind in vars(importlib.import_module(name)).values():
                if isinstance(kind, type) and issubclass(kind, forms.BaseForm) and kind.__module__ == name:
                    found |= {
                        f"{name}.{kind.__name__}.{field}" for field, given in kind.base_fields.items() if isinstance(given, forms.FileField)
                    }
    return {each for each in found if not each.startswith("portal.pages.gallery.")}


def test_every_form_that_takes_a_file_says_what_and_how_much() -> None:
    told = section("Files that people send")
    named = [each.strip("`") for each in column(told)]
    assert sorted(named) == sorted(upload_fields())
    assert all(re.search(r"\d", most) for most in column(told, 2)) and all(column(told, 1))


def test_limits_are_those_of_the_code() -> None:
    told = section("What is taken in, and what is refused")
    assert f"{uploads.FILES_A_DAY} files, {uploads.BYTES_A_DAY // 10**9} GB a day" in told
    assert f"{limits.REQUESTS_A_MINUTE} requests and {limits.ROWS_A_MINUTE:,} rows a minute" in told
    assert f"{settings.DATA_UPLOAD_MAX_MEMORY_SIZE / 10**6} MB without its files, {settings.DATA_UPLOAD_MAX_NUMBER_FIELDS:,} fields" in told
    from allauth.account import app_settings

    assert app_settings.RATE_LIMITS["login_failed"] == "10/m/ip,5/300s/key" and "5 in 5 minutes; 10 a minute from one place" in told
    sql = "".join(path.read_text(encoding="utf-8") for path in (TOP / "governance").rglob("*.sql"))
    assert re.search(r"\b300\b", sql) and re.search(r"\b1000\b", sql) and "300 an hour, 1000 a day" in told


def test_it_says_where_a_rule_over_several_fields_is_held() -> None:
    told = section("What is taken in, and what is refused")
    assert "Rules that join several fields are held by the form" in told and "by the action in its transaction" in told
    assert "keys that lead nowhere" in told and "constraints" in told


def test_ways_in_are_those_that_are_switched_on() -> None:
    told = section("Signing in")
    assert set(settings.MFA_SUPPORTED_TYPES) == {"totp", "recovery_codes", "webauthn"} and settings.MFA_PASSKEY_LOGIN_ENABLED
    assert not [app for app in settings.INSTALLED_APPS if app.startswith("allauth.socialaccount.providers")], "no outside identity provider"
    for word in (
        "passkey",
        "authenticator app",
        "security key",
        "recovery code",
        "invitation",
        "reset mail",
        "school office",
        "client id and secret",
    ):
        assert word in told
    words = set(re.search(r"and: ([a-z, ]+)\.", told)[1].split(", "))  # type: ignore[index]
    assert words == passwords.OURS
    validators = {each["NAME"].rsplit(".", 1)[1]: each.get("OPTIONS", {}) for each in settings.AUTH_PASSWORD_VALIDATORS}
    assert f"{validators['MinimumLengthValidator']['min_length']} signs or more" in told
    assert {"NotOurWords", "NotBreached", "CommonPasswordValidator", "UserAttributeSimilarityValidator"} <= set(validators)


def test_sessions_last_as_long_as_it_says() -> None:
    told = section("Sessions")
    assert f"{int(sessions.IDLE.total_seconds() // 60)} minutes without a page" in told
    assert f"{int(sessions.LONGEST.total_seconds() // 3600)} hours in any case" in told
    assert "any number of sessions" in told and "NIST SP 800-63B" in told


# Who handles keys, and which row of the table tells of it.
KEEPERS_OF_KEYS = {
    "portal/base/vault.py": "key of a kept file",
    "governance/trail/addresses.py": "`PORTAL_SECRET_KEY`",
    "governance/trail/seals/sealer.py": "sealing key",
    "governance/trail/seals/process.py": "sealing key",
    "governance/trail/seals/keys.py": "sealing key",
    "governance/trail/seals/notes.py": "witnesses' keys",
    "vendors/advice/files.py": "key of signed reviews",
    "breaches/letters/codes.py": "`PORTAL_SECRET_KEY`",
    "portal/pages/demo/discovery.py": "key of signed reviews",
}


def test_every_key_is_in_the_list() -> None:
    told = section("Keys and ciphers")
    assert who_imports("cryptography") - {"portal/base/db_logins.py"} == set(KEEPERS_OF_KEYS), (
        "say in docs/security/README.md which key it is"
    )
    assert set(KEEPERS_OF_KEYS.values()) <= set(column(told))
    assert len(column(told)) >= 8 and all(column(told, 4)), "each says how it is replaced"
    assert settings.PASSWORD_HASHERS[0].endswith("Argon2PasswordHasher") and len(settings.PASSWORD_HASHERS) > 1


def test_what_it_speaks_to_is_written_down() -> None:
    told = section("What speaks to what")
    assert set(SPEAK) - {file for file in SPEAK if file.startswith("portal/run/")} == {"portal/base/scanner.py"} and "virus scanner" in told
    for part in ("PostgreSQL", "Redis", "mail server", "proxy", "sslmode=verify-full", "rediss://", "STARTTLS", "TLS 1.2 and 1.3"):
        assert part in told


def test_data_stands_in_levels_with_what_guards_each() -> None:
    told = section("Data by level of protection")
    assert all(tier.value in column(told)[0] for tier in Tier)
    assert len(column(told)) == 5 and all(all(column(told, number)) for number in range(1, 6))


def test_every_log_is_in_the_list() -> None:
    assert [each.split(",")[0] for each in column(section("Logs"))] == ["the trail", "processes' lines", "PostgreSQL"]
    assert set(settings.LOGGING["handlers"]) == {"stdout"}


def test_what_costs_much_is_held(tmp_path: Path) -> None:
    told = section("Work that costs much")
    web = " ".join(next(program for program in supervise.own_programs(House(tmp_path), host="x", port=1) if program.name == "web").command)
    workers, threads, waiting = (int(re.search(rf"--{name} (\d+)", web)[1]) for name in ("workers", "blocking-threads", "backpressure"))  # type: ignore[index]
    assert f"Web takes {workers * threads} requests at once and lets {waiting} wait" in told


@pytest.mark.parametrize("words", ["within 2 days", "within 7", "requirements.txt", "MANIFEST.json"])
def test_parts_of_others_are_named_and_renewed_in_a_time(words: str) -> None:
    assert words in section("What it is made of")
