"""Where mail goes, read from one address."""

import pytest

from portal import env


def read(monkeypatch: pytest.MonkeyPatch, address: str) -> dict[str, object]:
    monkeypatch.setenv("PORTAL_EMAIL_URL", address)
    return env.mail("PORTAL_EMAIL_URL")


def test_a_mail_server_with_a_login(monkeypatch: pytest.MonkeyPatch) -> None:
    found = read(monkeypatch, "smtp://post%40riverbend:p%2Fw@mail.example:2525")
    assert found["EMAIL_BACKEND"] == "django.core.mail.backends.smtp.EmailBackend"
    assert (found["EMAIL_HOST"], found["EMAIL_PORT"]) == ("mail.example", 2525)
    assert (found["EMAIL_HOST_USER"], found["EMAIL_HOST_PASSWORD"]) == ("post@riverbend", "p/w")
    assert (found["EMAIL_USE_TLS"], found["EMAIL_USE_SSL"]) == (True, False)


@pytest.mark.parametrize(
    ("scheme", "port", "tls", "ssl"), [("smtp", 587, True, False), ("smtps", 465, False, True), ("smtp+plain", 25, False, False)]
)
def test_each_way_has_its_usual_port(monkeypatch: pytest.MonkeyPatch, scheme: str, port: int, tls: bool, ssl: bool) -> None:
    found = read(monkeypatch, f"{scheme}://relay.example")
    assert (found["EMAIL_PORT"], found["EMAIL_USE_TLS"], found["EMAIL_USE_SSL"]) == (port, tls, ssl)


def test_without_an_address_mail_goes_into_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PORTAL_EMAIL_URL", raising=False)
    found = env.mail("PORTAL_EMAIL_URL")
    assert found == {
        "EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend",
        "EMAIL_FILE_PATH": str((env.VAR / "mail").absolute()),
    }


@pytest.mark.parametrize("address", ["mail.example", "http://mail.example", "smtp://"])
def test_anything_else_is_refused_without_its_password(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    with pytest.raises(env.MissingSetting, match="PORTAL_EMAIL_URL"):
        read(monkeypatch, address)
