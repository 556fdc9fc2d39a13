"""A folder of agreements: matched by the files' names, corrected, applied, taken back; every fault by its file."""

import io
import zipfile
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from governance.trail import entries
from portal.base import clock
from tests.governance.situations import person
from tests.vendors.situations import PDF, drafted, in_force, provider, sent, tool, trail
from vendors.agreements.models import Agreement
from vendors.folders import actions, matching, reading
from vendors.folders.matching import Candidate
from vendors.folders.models import File, Folder
from vendors.providers import documents
from vendors.providers.models import Document
from vendors.reviews import status
from vendors.reviews.rules import State
from vendors.spreadsheets.actions import fingerprint

pytestmark = pytest.mark.usefixtures("district")


@pytest.fixture(autouse=True)
def _demo(settings: Any) -> None:
    settings.DEMO = True


def pdf(words: str) -> bytes:
    return PDF.replace(b"%%EOF", f"% {words}\n%%EOF".encode())


def packed(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as folder:
        for name, content in files.items():
            folder.writestr(name, content)
    return out.getvalue()


def received(files: dict[str, bytes]) -> Folder:
    content = packed(files)
    return actions.receive(archive=io.BytesIO(content), size=len(content), by=person("admin"), at=clock.now())


def applied(folder: Folder) -> Folder:
    choices = {file.public_id: file.target for file in folder.files.filter(fault="")}
    return actions.apply(folder=folder.public_id, choices=choices, by=person("admin"), at=clock.now())


def meant(folder: Folder) -> dict[str, str]:
    return dict(folder.files.values_list("name", "target"))


# -- Names ------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("2026_Ink-Well_NDPA_signed.pdf", "ink"),
        ("Inkmakers DPA Exhibit E.PDF", "ink"),
        ("InkWellAgreement.pdf", "ink"),
        ("celllab-final.pdf", "cell"),
        ("scan0001.pdf", ""),
        ("Cell Lab and Ink Wells.pdf", ""),
        ("Cell Lab or Ink Wall together with Ink Well.pdf", ""),
    ],
    ids=["tool", "company", "one-word", "joined", "nothing", "both", "two"],
)
def test_the_name_of_a_file_tells_what_it_is(name: str, expected: str) -> None:
    candidates = [Candidate("ink", ("Inkmakers, Inc.", "Ink Well")), Candidate("cell", ("Labs of the World", "Cell Lab"))]
    assert matching.best(name, candidates) == expected


# -- In ---------------------------------------------------------------------------------------------------------------------------


def test_files_are_matched_with_texts_that_are_being_written_else_with_providers() -> None:
    draft = drafted(tool(provider("Inkmakers"), "Ink Well"))
    closed = tool(provider("Labs United"), "Cell Lab")
    in_force(closed)
    folder = received(
        {
            "agreements/Ink Well 2026.pdf": pdf("ink"),
            "CellLab_DPA.pdf": pdf("cell"),
            "scan.pdf": pdf("scan"),
            "__MACOSX/x": b"",
            ".DS_Store": b"",
        }
    )
    assert meant(folder) == {
        "Ink Well 2026.pdf": f"agreement:{draft.public_id}",
        "CellLab_DPA.pdf": f"provider:{closed.provider.public_id}",
        "scan.pdf": "",
    }
    assert not Document.objects.filter(sha256__in=folder.files.values("sha256")).exists()  # a dry run


def test_every_file_that_cannot_be_taken_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "MOST_BYTES", 5_000)
    documents.receive(content=pdf("known"), title="Known", by=person("admin"), at=clock.now())
    damaged = bytearray(packed({"a.pdf": pdf("a"), "word.docx": b"PK", "large.pdf": pdf("x" * 6_000), "b.pdf": pdf("b"), "b again.pdf": pdf("b"), "known.pdf": pdf("known"), "cut.pdf": pdf("c")[:-20]}))  # fmt: skip
    folder = actions.receive(archive=io.BytesIO(damaged), size=len(damaged), by=person("admin"), at=clock.now())
    assert dict(folder.files.values_list("name", "fault")) == {
        "a.pdf": "", "word.docx": "not_a_pdf", "large.pdf": "too_large", "b.pdf": "", "b again.pdf": "twice", "known.pdf": "there", "cut.pdf": "not_a_pdf",
    }  # fmt: skip


def locked() -> bytes:
    """A ZIP whose one file says that it is encrypted."""
    content = bytearray(packed({"secret.pdf": pdf("secret")}))
    for signature, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + at] |= 1
    return bytes(content)


def test_a_locked_file_is_told_and_the_rest_is_taken() -> None:
    folder = actions.receive(archive=io.BytesIO(locked()), size=1, by=person("admin"), at=clock.now())
    assert list(folder.files.values_list("name", "fault")) == [("secret.pdf", "locked")]


@pytest.mark.parametrize(
    ("content", "size", "code"),
    [
        (b"%PDF-1.4", 1, "no_zip"),
        (packed({}), 1, "empty"),
        (packed({f"{number}.pdf": b"" for number in range(201)}), 1, "too_many"),
        (packed({"a.pdf": b""}), 200 * 2**20, "too_large"),
    ],
    ids=["no-zip", "empty", "many", "large"],
)
def test_a_folder_that_cannot_be_read_leaves_nothing(content: bytes, size: int, code: str) -> None:
    with pytest.raises(reading.CannotRead) as refusal:
        actions.receive(archive=io.BytesIO(content), size=size, by=person("admin"), at=clock.now())
    assert refusal.value.code == code and refusal.value.what_to_do and not Folder.objects.exists()


def test_a_folder_that_grows_when_it_is_unpacked_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_UNPACKED", 10_000)
    with pytest.raises(reading.CannotRead) as refusal:
        received({f"{number}.pdf": pdf(f"{number}" + "0" * 4_000) for number in range(4)})
    assert refusal.value.code == "too_large" and not Folder.objects.exists()


# -- Applied and taken back ---------------------------------------------------------------------------------------------------------


def test_a_document_comes_into_its_agreement_and_opens_nothing() -> None:
    ink, cell = tool(provider("Inkmakers"), "Ink Well"), tool(provider("Labs United"), "Cell Lab")
    draft = drafted(ink)
    folder = applied(received({"Ink Well.pdf": pdf("ink"), "Cell Lab.pdf": pdf("cell"), "scan.pdf": pdf("scan")}))
    assert draft.versions.get().document.sha256 == File.objects.get(folder=folder, number=1).sha256
    new = Agreement.objects.get(provider=cell.provider)
    assert documents.content_of(new.versions.get().document) == pdf("cell")
    assert [service.tool for service in new.versions.get().services.all()] == [cell]
    assert {status.of(each, clock.now()).state for each in (ink, cell)} == {State.UNKNOWN}
    assert not File.objects.filter(folder=folder).exclude(name="").exists() and not any(bytes(file.content) for file in File.objects.all())
    assert trail("vendors.folder.applied", folder.public_id)[-1]["data"] == {"made": 2, "new": 1}


def test_a_person_corrects_what_a_file_is_meant_for() -> None:
    draft = drafted(tool(provider("Inkmakers"), "Ink Well"))
    folder = received({"scan.pdf": pdf("ink"), "Ink Well.pdf": pdf("other")})
    scan, named = folder.files.all()
    key = f"agreement:{draft.public_id}"
    for choices, code in (
        ({scan.public_id: key, named.public_id: key}, "two_files"),
        ({scan.public_id: "agreement:0", named.public_id: ""}, "no_target"),
    ):
        with pytest.raises(actions.CannotBring) as refusal:
            actions.correct(folder=folder.public_id, choices=choices, by=person("admin"), at=clock.now())
        assert refusal.value.code == code
    actions.correct(folder=folder.public_id, choices={scan.public_id: key, named.public_id: ""}, by=person("admin"), at=clock.now())
    applied(folder)
    assert documents.content_of(draft.versions.get().document) == pdf("ink")


def test_it_is_taken_back_whole_unless_something_was_changed_since() -> None:
    ink, cell = tool(provider("Inkmakers"), "Ink Well"), tool(provider("Labs United"), "Cell Lab")
    draft = drafted(ink)
    before = fingerprint(Agreement.objects.get(pk=draft.pk)), Document.objects.count()
    folder = applied(received({"Ink Well.pdf": pdf("ink"), "Cell Lab.pdf": pdf("cell")}))
    actions.undo(folder=folder.public_id, by=person("admin"), at=clock.now())
    assert (fingerprint(Agreement.objects.get(pk=draft.pk)), Document.objects.count()) == before
    assert not Agreement.objects.filter(provider=cell.provider).exists()

    folder = applied(received({"Ink Well.pdf": pdf("ink"), "Cell Lab.pdf": pdf("cell")}))
    sent(draft)
    with pytest.raises(actions.CannotBring) as refusal:
        actions.undo(folder=folder.public_id, by=person("admin"), at=clock.now())
    assert refusal.value.code == "touched" and Agreement.objects.filter(provider=cell.provider).exists()


def test_an_agreement_that_was_sent_meanwhile_stops_the_whole() -> None:
    draft = drafted(tool(provider("Inkmakers"), "Ink Well"))
    folder = received({"Ink Well.pdf": pdf("ink")})
    sent(draft)
    with pytest.raises(actions.CannotBring) as refusal:
        applied(folder)
    assert refusal.value.code == "no_target" and not Document.objects.filter(title=draft.title).exists()


def test_if_the_entry_cannot_be_written_nothing_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    tool(provider("Inkmakers"), "Ink Well")
    folder, before = received({"Ink Well.pdf": pdf("ink")}), Document.objects.count()
    written: Any = entries.append

    def fail(event: Any, **more: Any) -> Any:
        if event == "vendors.folder.applied":
            raise RuntimeError
        return written(event, **more)

    monkeypatch.setattr(entries, "append", fail)
    with pytest.raises(RuntimeError):
        applied(folder)
    folder.refresh_from_db()
    assert folder.applied_at is None and Document.objects.count() == before and bytes(folder.files.get().content) == pdf("ink")


# -- Pages ------------------------------------------------------------------------------------------------------------------------


def test_the_whole_way_through_the_pages() -> None:
    draft = drafted(tool(provider("Inkmakers"), "Ink Well"))
    client = Client()
    client.force_login(person("steward"), backend="allauth.account.auth_backends.AuthenticationBackend")
    assert b"/folders/" in client.get("/agreements/").content
    bad = client.post("/folders/", {"file": SimpleUploadedFile("x.zip", b"no zip")})
    assert b"This is no whole ZIP file" in bad.content
    address = client.post("/folders/", {"file": SimpleUploadedFile("x.zip", packed({"Ink Well.pdf": pdf("ink"), "x.txt": b"x"}))})[
        "Location"
    ]
    page = client.get(address).content.decode()
    assert "Ink Well.pdf" in page and f"{draft.title} (Ink Well; Inkmakers)" in page and "This is no whole PDF file" in page
    field = str(File.objects.get(name="Ink Well.pdf").public_id)
    wrong = client.post(address, {field: "Something else", "act": "apply"})
    assert b"Choose from the list" in wrong.content
    client.post(address, {field: f"{draft.title} (Ink Well; Inkmakers)", "act": "apply"})
    page = client.get(address).content.decode()
    assert "What was made of it" in page and draft.title in page and "Ink Well.pdf" not in page
    assert b"Taken back" in client.post(f"{address}undo/", follow=True).content
    assert client.post(f"{address}other/").status_code == 404
