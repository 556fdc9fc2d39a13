"""The text of a notice: its required parts, what may not stand in it, its hash, and the mail made from it. Values in, words out."""

import dataclasses
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from email.utils import formatdate
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

# The district's model notice (notice_contents.json, family-model); the law's own minimum is within it.
PARTS: dict[str, str | Promise] = {
    "what_happened": gettext_lazy("What happened"),
    "when": gettext_lazy("When it happened, and when it was found"),
    "what_information": gettext_lazy("What information it is about"),
    "what_we_are_doing": gettext_lazy("What we are doing"),
    "what_you_can_do": gettext_lazy("What you can do"),
    "remedies": gettext_lazy("What help there is"),
    "contact": gettext_lazy("Whom to ask"),
    "more_information": gettext_lazy("Where to read more"),
    "date_of_notice": gettext_lazy("Date of this notice"),
}
# Of a page for everybody, too.
HEADINGS = PARTS | {"who": gettext_lazy("Who may be affected")}
SUBJECT_MOST, PART_MOST = 120, 10_000
_LINE_MOST, _ADDRESS_MOST = 998, 60  # of a line of mail (RFC 5322); of an address that needs no line of its own
_SAMPLE = "someone@sample.example"
# What turns the direction of a line or hides in it: it could make one text look like another.
_HIDDEN = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]")

Texts = Mapping[str, Mapping]


def plain(words: str) -> str:
    """Words without characters that hide or turn text; line breaks of one kind."""
    return _HIDDEN.sub("", words.replace("\r\n", "\n").replace("\r", "\n")).strip()


def one_line(words: str) -> str:
    """The same in one line, for a subject and for names in a greeting."""
    return " ".join(plain(words).split())


# A fact that nobody has filled in yet, as drafts mark it: [[day it was found]].
_BLANK = re.compile(r"\[\[.*?\]\]", re.DOTALL)


def has_blank(words: str) -> bool:
    """True where a fact is still to be filled in."""
    return _BLANK.search(words) is not None


def blanks(texts: Texts) -> list[str]:
    """The blanks that are left, each once, as they stand in the text."""
    words = (words for text in texts.values() for words in (text.get("subject", ""), *text.get("parts", {}).values()))
    return list(dict.fromkeys(blank for each in words for blank in _BLANK.findall(each)))


def cleaned(texts: Texts, parts: Iterable[str]) -> Texts:
    """The texts with these parts alone, without what hides or turns; `says` where something was ticked."""
    keys = tuple(parts)
    return {
        language: {
            "subject": one_line(text.get("subject", "")),
            "parts": {key: plain(text.get("parts", {}).get(key, "")) for key in keys},
            **({"says": sorted(says)} if (says := text.get("says")) else {}),
        }
        for language, text in texts.items()
    }


def missing(texts: Texts, parts: Iterable[str] = tuple(PARTS)) -> list[tuple[str, str]]:
    """(language, key of a part or "subject") that has no words or too many. English is always asked for."""
    keys = tuple(parts)
    found = []
    for language in sorted({"en", *texts}):
        text = texts.get(language, {})
        subject = text.get("subject", "")
        if not subject.strip() or len(subject) > SUBJECT_MOST or subject != one_line(subject):
            found.append((language, "subject"))
        said = text.get("parts", {})
        found += [(language, key) for key in keys if not 0 < len(said.get(key, "").strip()) <= PART_MOST]
    return found


def canonical(texts: Texts) -> bytes:
    """The bytes that a version's hash is of."""
    return json.dumps(texts, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def sha256(texts: Texts) -> str:
    """The hash that is approved."""
    return hashlib.sha256(canonical(texts)).hexdigest()


def code_page(language: str) -> str:
    """The address of the page where the code of a letter is typed, in a language. It never holds the code."""
    prefix = "" if language == settings.LANGUAGE_CODE else f"/{language}"
    return f"{settings.BASE_URL.rstrip('/')}{prefix}/letter/"


@dataclasses.dataclass(frozen=True)
class Whom:
    """What one letter says of its recipient, read through the door for this moment alone."""

    name: str
    child: str
    address: str
    language: str
    own: bool
    code: str = ""


class Letter:
    """One version's letters. What is the same for all is put together once for each language."""

    def __init__(self, texts: Texts, *, sender: str, district: str):
        self.sender, self.district, self.texts = sender, district, texts
        self._made: dict[str, tuple[str, str, str, str, str]] = {}
        self._code_words: dict[str, str] = {}
        self._heads: dict[tuple[str, bool, int], bytes] = {}

    def body(self, whom: Whom) -> tuple[str, str]:
        """(subject, body) in the recipient's language where there is one, the other languages below."""
        language = whom.language if whom.language in self.texts else "en"
        subject, hello, of_child, of_self, rest = self._in(language)
        about = of_self if whom.own else of_child % {"child": one_line(whom.child)[:200]}
        more = f"{self.code_words(language) % {'code': whom.code}}\n\n" if whom.code else ""
        return subject, f"{hello % {'name': one_line(whom.name)[:200]}}\n\n{about}\n\n{more}{rest}"

    def code_words(self, language: str) -> str:
        """How the page behind the code is opened, with `%(code)s`: in the recipient's language, then in the others of the text."""
        if language not in self._code_words:
            said = []
            for each in (language, *(other for other in self.texts if other != language)):
                with translation.override(each):
                    words = _("To read this letter online or to ask a question, go to %(page)s and type the code below.")
                said.append(words % {"page": code_page(each).replace("%", "%%")})
            self._code_words[language] = "\n".join(said) + "\n\n    %(code)s"
        return self._code_words[language]

    def mail(self, whom: Whom, message_id: str) -> EmailMessage:
        """The mail. The subject names nobody; Django refuses a line break in any header."""
        return self._message(*self.body(whom), whom.address, message_id)

    def raw(self, whom: Whom, message_id: str) -> bytes:
        """The bytes of `mail` with the line ends of SMTP. Its head is made by the library once and filled in: the library takes ten times as long.

        What the library would write in another way (lines that are too long for mail, addresses that it folds) it writes itself.
        """
        subject, body = self.body(whom)
        said = body.replace("\n", "\r\n").encode()
        if len(whom.address) > _ADDRESS_MOST or "\r" in body or not body.endswith("\n") or max(map(len, said.split(b"\r\n"))) > _LINE_MOST:
            return _written(self._message(subject, body, whom.address, message_id))
        kind = (subject, body.isascii(), len(message_id))
        if kind not in self._heads:
            sample = _written(self._message(subject, "a" if kind[1] else "\u00e1", _SAMPLE, message_id))
            self._heads[kind] = _with_gaps(sample.partition(b"\r\n\r\n")[0], message_id)
        date = formatdate(localtime=settings.EMAIL_USE_LOCALTIME)
        return b"%b\r\n\r\n%b" % (self._heads[kind] % (whom.address.encode(), date.encode(), message_id.encode()), said)

    def _message(self, subject: str, body: str, to: str, message_id: str) -> EmailMessage:
        headers = {"Message-ID": message_id, "Auto-Submitted": "auto-generated"}
        return EmailMessage(subject, body, self.sender, [to], headers=headers)

    def _in(self, language: str) -> tuple[str, str, str, str, str]:
        if language not in self._made:
            others = [other for other in self.texts if other != language]
            with translation.override(language):
                hello, of_child = _("Dear %(name)s,"), _("This letter is about %(child)s.")
                of_self = _("This letter is about you and your school record.")
                rest = f"{self._said(language)}\n\n{self.district}\n"
            for other in others:
                with translation.override(other):
                    rest += f"\n{'-' * 60}\n\n{self.texts[other]['subject']}\n\n{self._said(other)}\n"
            self._made[language] = (self.texts[language]["subject"], hello, of_child, of_self, rest)
        return self._made[language]

    def _said(self, language: str) -> str:
        parts = self.texts[language]["parts"]
        return "\n\n".join(f"{str(title).upper()}\n{parts[key]}" for key, title in PARTS.items())


def _with_gaps(head: bytes, message_id: str) -> bytes:
    """A head of mail as a format of address, date and Message-ID."""
    head = head.replace(b"%", b"%%").replace(f"\r\nTo: {_SAMPLE}\r\n".encode(), b"\r\nTo: %b\r\n", 1)
    return re.sub(rb"\r\nDate: [^\r\n]+", rb"\r\nDate: %b", head, count=1).replace(message_id.replace("%", "%%").encode(), b"%b", 1)


def _written(message: EmailMessage) -> bytes:
    """The bytes that the library makes of a mail, the last line ended too."""
    mail: Any = message.message()
    raw: bytes = mail.as_bytes(linesep="\r\n")
    return raw if raw.endswith(b"\r\n") else raw + b"\r\n"
