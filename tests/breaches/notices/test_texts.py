"""A letter made the short way is the library's, byte by byte."""

import re

import pytest

from breaches.notices import texts

MESSAGE_ID = "<0b2b2c1e-1111-4111-8111-123456789012@privacy.a-district-with-a-long-name.example>"
WORDS = {
    "plain": ("Notice of a data breach", "What happened."),
    "folded": ("About 100% of a subject that is so long that whoever writes the head of a mail has to fold it %b", "What happened, 100%."),
    "accents": ("Aviso sobre datos de señales y niños", "Qué pasó.\n.. y más\n.\n"),
    "long": ("Notice", "a" * 1200),
}
NAMES = {"plain": "Ann Lee", "accents": "Zoë Ñandú", "separators": "A\u2028b\x85c", "format": "%s %b {0}", "long": "x" * 3000}


@pytest.mark.parametrize("words", WORDS)
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("address", ["a@families.example", f"{'x' * 64}@{'families.' * 4}example"], ids=["short", "long"])
def test_it_is_the_mail_that_the_library_makes(words: str, name: str, address: str) -> None:
    subject, said = WORDS[words]
    letter = texts.Letter(
        {"en": {"subject": subject, "parts": dict.fromkeys(texts.PARTS, said)}},
        sender="Privacy <privacy@district.example>",
        district="D\n1",
    )
    for code, own in (("", False), ("BCD-FGH", True)):
        whom = texts.Whom(NAMES[name], NAMES[name], address, "en", own, code)
        short = letter.raw(whom, MESSAGE_ID)
        assert _undated(short) == _undated(letter.mail(whom, MESSAGE_ID).message().as_bytes(linesep="\r\n"))
        assert _undated(letter.raw(whom, MESSAGE_ID)) == _undated(short), "from the head that was kept"


def _undated(mail: bytes) -> bytes:
    dated = re.sub(rb"\r\nDate: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d -0000\r\n", b"\r\n", mail)
    assert dated != mail
    return dated.rstrip(b"\r\n")
