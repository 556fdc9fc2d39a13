"""What the portal speaks to: by TLS whose certificate is checked, or on this machine alone; and what it does when Redis or a scanner lies."""

import contextlib
import datetime as dt
import io
import smtplib
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.core.cache import caches
from django.core.mail import get_connection

from governance.people.adapter import SecondStepAdapter
from governance.people.models import User
from portal import env
from portal.base import vault
from portal.base.cache import Forgiving, Plain
from vendors.providers import documents

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR" + b"-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"  # what scanners find to show that they work


@contextlib.contextmanager
def listening(serve: Callable[[socket.socket], None]) -> Iterator[int]:
    """A server of one thread on the loopback address; its port."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def work() -> None:
            while True:
                try:
                    line, _ = server.accept()
                except OSError:
                    return
                with line, contextlib.suppress(OSError):
                    serve(line)

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        thread.join(5)


# -- Databases, Redis and mail elsewhere -----------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["db.district.example", "10.0.0.7", "2001:db8::1"])
@pytest.mark.parametrize("mode", ["", "?sslmode=disable", "?sslmode=prefer", "?sslmode=require"])
def test_a_database_elsewhere_is_reached_by_checked_tls_alone(monkeypatch: pytest.MonkeyPatch, host: str, mode: str) -> None:
    named = f"[{host}]" if ":" in host else host
    monkeypatch.setenv("A_DATABASE", f"postgresql://portal_app:s3cret@{named}:5432/portal{mode}")
    with pytest.raises(env.MissingSetting, match="sslmode=verify-full") as refusal:
        env.database("A_DATABASE")
    assert "s3cret" not in str(refusal.value)
    monkeypatch.setenv("A_DATABASE", f"postgresql://portal_app:s3cret@{named}:5432/portal?sslmode=verify-full")
    found = env.database("A_DATABASE")
    assert found is not None and found["OPTIONS"] == {"sslmode": "verify-full"}


@pytest.mark.parametrize("address", ["@127.0.0.1:5432/portal", "@/portal?host=/run/sockets", "@postgres:5432/portal"])
def test_on_this_machine_none_is_needed(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("A_DATABASE", f"postgresql://portal_app:x{address}")
    assert env.database("A_DATABASE")


def test_redis_elsewhere_is_reached_by_tls_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for address, taken in (
        ("redis://:x@cache.example:6379/0", False),
        ("rediss://:x@cache.example/0", True),
        ("unix:///run/valkey.sock", True),
    ):
        monkeypatch.setenv("A_REDIS", address)
        if taken:
            assert env.redis("A_REDIS", "") == address
        else:
            with pytest.raises(env.MissingSetting, match="rediss"):
                env.redis("A_REDIS", "")


def certificate(folder: Path) -> ssl.SSLContext:
    """A server's side of TLS, with a certificate that it signed itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1)).not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False).sign(key, hashes.SHA256())
    )  # fmt: skip
    both = folder / "server.pem"
    both.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(both)
    return context


@pytest.mark.parametrize("scheme", ["smtps", "smtp"])
def test_a_mail_server_that_nobody_vouches_for_gets_no_mail_and_no_password(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, scheme: str
) -> None:
    """Neither with TLS from the start nor with STARTTLS; and without TLS nothing is said at all."""
    context, heard = certificate(tmp_path), []

    def serve(line: socket.socket) -> None:
        if scheme == "smtp":
            line.sendall(b"220 localhost\r\n")
            line.recv(1000)
            line.sendall(b"250-localhost\r\n250 STARTTLS\r\n")
            line.recv(1000)
            line.sendall(b"220 go on\r\n")
        with context.wrap_socket(line, server_side=True) as safe:
            heard.append(safe.recv(1000))

    with listening(serve) as port:
        monkeypatch.setenv("A_MAIL", f"{scheme}://post:s3cret@localhost:{port}")
        found = env.mail("A_MAIL")
        with pytest.raises(ssl.SSLCertVerificationError):
            get_connection(
                str(found["EMAIL_BACKEND"]), host=found["EMAIL_HOST"], port=found["EMAIL_PORT"], username=found["EMAIL_HOST_USER"],
                password=found["EMAIL_HOST_PASSWORD"], use_tls=found["EMAIL_USE_TLS"], use_ssl=found["EMAIL_USE_SSL"], timeout=10,
            ).open()  # fmt: skip
    assert heard == []


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # Django leaves that line to the collector
def test_a_mail_server_without_tls_gets_no_password(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server, or somebody before it, that offers no STARTTLS is not spoken to in the clear."""
    heard: list[bytes] = []

    def serve(line: socket.socket) -> None:
        line.sendall(b"220 localhost\r\n")
        while said := line.recv(1000):
            heard.append(said)
            line.sendall(b"250 localhost\r\n" if said.upper().startswith((b"EHLO", b"HELO")) else b"502 no\r\n")

    with listening(serve) as port:
        monkeypatch.setenv("A_MAIL", f"smtp://post:s3cret@localhost:{port}")
        found = env.mail("A_MAIL")
        mail: Any = get_connection(
            str(found["EMAIL_BACKEND"]),
            host="localhost",
            port=port,
            username="post",
            password="s3cret",
            use_tls=found["EMAIL_USE_TLS"],
            timeout=10,
        )
        with pytest.raises(smtplib.SMTPNotSupportedError, match="STARTTLS"):
            mail.open()
    assert heard and not any(b"AUTH" in said or b"s3cret" in said for said in heard)


# -- Redis -----------------------------------------------------------------------------------------------------------------


def test_what_lies_in_redis_makes_no_objects(database: Any) -> None:
    """Values are JSON: whoever can write to Redis runs nothing here."""
    cache = caches["default"]
    for value in (1, True, "words", [1.5, "a"], {"a": None}):
        cache.set("plain", value)
        assert cache.get("plain") == value
    with pytest.raises(TypeError):
        Plain().dumps(object())
    with pytest.raises(ValueError):
        Plain().loads(b"\x80\x04\x95\x0b\x00\x00\x00\x00\x00\x00\x00\x8c\x02os\x94\x8c\x06system\x94\x93\x94.")  # a pickle


def test_a_code_of_an_app_works_once_without_redis_too(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """While Redis is away people with a second step still come in, and nobody comes in with a code that was used."""
    lost = Forgiving("redis://localhost:1/0", {})
    monkeypatch.setattr("allauth.mfa.totp.internal.auth.cache", lost)
    secret = "JBSWY3DPEHPK3PXP"
    app = TOTP(Authenticator(user_id=4711, type=Authenticator.Type.TOTP, data={"secret": SecondStepAdapter().encrypt(secret)}))
    code = format_hotp_value(hotp_value(secret, int(time.time()) // 30))
    before = format_hotp_value(hotp_value(secret, int(time.time()) // 30 - 1))
    assert app.validate_code(before) is False, "a code of the half minute before is over"
    assert app.validate_code(code) is True
    assert app.validate_code(code) is False


def test_a_new_portal_has_no_account(database: Any) -> None:
    """Migrated and with its reference data, before `manage.py setup`: nobody can sign in."""
    assert not User.objects.exists()


# -- Secrets at rest -------------------------------------------------------------------------------------------------------


def test_second_steps_lie_sealed_and_open_nothing_under_another_key(settings: Any) -> None:
    adapter, secret = SecondStepAdapter(), "JBSWY3DPEHPK3PXP"
    sealed = adapter.encrypt(secret)
    assert secret not in sealed and adapter.encrypt(secret) != sealed
    assert adapter.decrypt(sealed) == secret
    settings.SECRET_KEY = "another"
    assert adapter.decrypt(sealed) not in (secret, "")
    assert adapter.decrypt("no seal") not in ("no seal", "")


def test_a_new_secret_key_leaves_what_was_sealed_before_readable_while_the_old_one_is_named(settings: Any, tmp_path: Path) -> None:
    settings.VAR = tmp_path
    with vault.Writer("tests") as writer:
        writer.write(b"words")
        kept = writer.finish()
    old, settings.SECRET_KEY = settings.SECRET_KEY, "another"
    settings.SECRET_KEY_FALLBACKS = [old]
    assert b"".join(vault.read(kept)) == b"words"
    assert vault.unseal(vault.seal(b"new", "x"), "x") == b"new"
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(vault.Damaged):
        vault.read(kept)


# -- The virus scanner -----------------------------------------------------------------------------------------------------


def clamd(line: socket.socket) -> None:
    """As clamd(8) has it: zINSTREAM, then pieces with their length before each, and an empty one."""

    def exactly(number: int) -> bytes:
        data = b""
        while len(data) < number:
            if not (got := line.recv(number - len(data))):
                raise OSError("cut off")
            data += got
        return data

    assert exactly(10) == b"zINSTREAM\0"
    content = b""
    while length := struct.unpack(">I", exactly(4))[0]:
        content += exactly(length)
        if len(content) > 1_000_000:
            line.sendall(b"INSTREAM size limit exceeded. ERROR\0")
            return
    line.sendall(b"stream: Eicar-Signature FOUND\0" if EICAR in content else b"stream: OK\0")


def pdf(inside: bytes) -> io.BytesIO:
    return io.BytesIO(b"%PDF-1.7\n" + inside + b"\n%%EOF\n")


def test_a_file_with_a_virus_is_not_taken(settings: Any) -> None:
    with listening(clamd) as port:
        settings.SCANNER = f"tcp://127.0.0.1:{port}"
        assert documents.read_pdf(pdf(b"x" * 200_000))
        with pytest.raises(documents.CannotTake, match="found something") as refusal:
            documents.read_pdf(pdf(EICAR))
        assert refusal.value.code == "virus"
        with pytest.raises(documents.CannotTake, match="could not look through"):
            documents.read_pdf(pdf(b"x" * 2_000_000))
    with pytest.raises(documents.CannotTake, match="does not answer"):
        documents.read_pdf(pdf(b"x"))
    settings.SCANNER = ""
    assert documents.read_pdf(pdf(b"x"))
