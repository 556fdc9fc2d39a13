"""Bring your spreadsheet: read, name the columns, dry run, apply, take back, and the same out."""

import csv
import datetime as dt
import io
import uuid
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.test import Client

from portal.base import clock
from tests.governance.situations import person
from tests.vendors.situations import drafted, provider, review_of, tool, trail
from vendors.agreements.models import Agreement
from vendors.providers import actions as catalogue
from vendors.providers.models import Provider, Tool
from vendors.reviews import status
from vendors.spreadsheets import actions, checks, presets, queries, reading
from vendors.spreadsheets.models import Listing, Sheet

TOOLS = "Product,Company,Website,Owner\nInk Well,Inkmakers,https://inkwell.example,Ann\nCell Lab,Labs United,celllab.example,Bob\n"
LIST = "District,Provider,Product,Agreement Type,Status,Date Approved,Expiration,PDF\n"
LINE = "Cedar Falls,{provider},{tool},NDPA,Active,09/01/2026,06/30/2028,https://registry.example/a.pdf\n"


@pytest.fixture(autouse=True)
def _demo(settings: Any, district: Any) -> None:
    settings.DEMO = True


def received(text: str | bytes, kind: str = "tools") -> Sheet:
    content = text if isinstance(text, bytes) else text.encode()
    return actions.receive(kind=kind, content=content, by=person("admin"), at=clock.now())


def mapped(text: str, kind: str = "tools") -> Sheet:
    sheet = received(text, kind)
    return actions.map_columns(sheet=sheet.public_id, mapping=checks.guess(kind, sheet.header), by=person("admin"), at=clock.now())


def applied(text: str, kind: str = "tools") -> Sheet:
    return actions.apply(sheet=mapped(text, kind).public_id, by=person("admin"), at=clock.now())


def faults(text: str, kind: str = "tools") -> dict[tuple[int, str], str]:
    return {(fault.row, fault.column): fault.what_to_do for fault in checks.dry_run(mapped(text, kind), clock.now()).faults}


def client_of(persona: str) -> Client:
    client = Client()
    client.force_login(person(persona), backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


# -- Reading -----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "no_header"),
        (b"a,b\n", "empty"),
        (b"a,b\n1,2,3\n", "wide_row"),
        (b"PK\x03\x04workbook", "workbook"),
        (b"a,b\n1,\x00\n", "not_text"),
        (b"a\n" + b"x" * (reading.LONGEST_CELL + 1), "long_cell"),
        (b"a\n" + b"1\n" * (reading.MOST_ROWS + 1), "too_long"),
        (b",".join([b"a"] * 61) + b"\n1", "too_wide"),
        (b"a\n" + b'"' + b"x" * (10 * 2**20) + b'"', "too_large"),
        (b"\xff\xfea", "encoding"),
    ],
    ids=["empty-file", "only-header", "wide-row", "workbook", "nul", "long-cell", "long", "wide", "cell-of-10-mb", "half-a-letter"],
)
def test_what_cannot_be_read_is_refused_with_words(content: bytes, code: str) -> None:
    with pytest.raises(reading.CannotRead) as refusal:
        received(content)
    assert refusal.value.code == code and refusal.value.what_to_do
    assert not Sheet.objects.exists()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("sign", [",", ";", "\t"], ids=["comma", "semicolon", "tab"])
def test_files_of_every_spreadsheet_program(encoding: str, sign: str) -> None:
    header, rows = reading.read(f"Product{sign}Company\r\nPeñón{sign}Café\r\n\r\n".encode(encoding))
    assert header == ["Product", "Company"] and rows[0] == ["Peñón", "Café"]


def test_the_columns_are_guessed_and_others_are_forgotten() -> None:
    sheet = received(TOOLS)
    assert checks.guess("tools", sheet.header) == {"name": 0, "provider": 1, "link": 2}
    sheet = actions.map_columns(sheet=sheet.public_id, mapping={"name": 0, "provider": 1, "link": 2}, by=person("admin"), at=clock.now())
    assert "Ann" not in str(sheet.rows) and sheet.header == ["Product", "Company", "Website"]
    registry = LIST.strip().split(",")
    guessed = checks.guess("agreements", registry)
    assert {registry[column]: name for name, column in guessed.items()} == {
        "District": "district", "Provider": "provider", "Product": "products", "Agreement Type": "kind", "Status": "status",
        "Date Approved": "starts_on", "Expiration": "ends_on", "PDF": "link",
    }  # fmt: skip


REGISTRY = (
    "Resource Name,Company Name,Website,Originator,Agreement Type,Status,Date Approved,Expires On,Attached Documents,Alliance,Last Updated"
)


@pytest.mark.parametrize(
    ("header", "recognized"),
    [
        (REGISTRY, True),
        ("RESOURCE;vendor;District;Agreement type;Date_Approved;Expiration Date;Notes", True),
        (REGISTRY + ",Colour", False),
        (REGISTRY.replace("Agreement Type", "Sort"), None),
        (REGISTRY.replace("Company Name", "Colour"), None),
        ("Product,Company,Website,Owner", None),
    ],
    ids=["whole", "other names", "a name more", "no type", "no company", "another list"],
)
def test_the_list_of_the_alliances_registry_is_known_by_the_names_of_its_columns(header: str, recognized: bool | None) -> None:
    names = header.replace(";", ",").split(",")
    for kind, needed in (
        ("agreements", {"provider", "products", "kind", "starts_on", "ends_on", "district"}),
        ("tools", {"name", "provider"}),
    ):
        found = presets.recognize(kind, names)
        assert (found is None) == (recognized is None), kind
        if found is not None:
            assert needed <= found.mapping.keys() and found.mapping.items() <= checks.guess(kind, names).items()
            assert found.unknown == (() if recognized else ("Colour",))


def test_a_known_list_needs_no_naming_of_columns_and_one_with_a_further_name_does() -> None:
    made, client = tool(), client_of("admin")
    line = f"{made.name},{made.provider.name},https://a.example,Cedar Falls,Exhibit E,Active,09/01/2026,06/30/2028,,Wisconsin,11/01/2026"
    for header, row, whole in ((REGISTRY, line, True), (REGISTRY + ",Colour", line + ",blue", False)):
        file = SimpleUploadedFile("list.csv", f"{header}\n{row}\n".encode())
        page = client.post("/spreadsheets/", {"kind": "agreements", "file": file}, follow=True).content.decode()
        sheet = Sheet.objects.latest("pk")
        assert "Student Data Privacy Consortium" in page and bool(sheet.mapping) is whole
        assert ("Dry run" in page) is whole and ("What do the columns mean?" in page) is not whole and ("Colour" in page) is not whole
        assert "Wisconsin" not in str(sheet.rows) or not whole
    applied = client.post(f"/spreadsheets/{Sheet.objects.order_by('pk')[0].public_id}/apply/", follow=True)
    assert "Applied" in applied.content.decode()
    listing = Listing.objects.get(agreement__provider=made.provider)
    assert (listing.district, listing.status, listing.agreement.kind) == ("Cedar Falls", "Active", Agreement.Kind.OFFER)


@pytest.mark.parametrize(
    ("mapping", "code"),
    [({"name": 0}, "missing_column"), ({"name": 0, "provider": 0}, "column_twice"), ({"name": 0, "provider": 9}, "no_column")],
    ids=["needed", "twice", "none"],
)
def test_a_mapping_that_makes_no_sense(mapping: dict[str, int], code: str) -> None:
    with pytest.raises(actions.CannotBring) as refusal:
        actions.map_columns(sheet=received(TOOLS).public_id, mapping=mapping, by=person("admin"), at=clock.now())
    assert refusal.value.code == code


# -- The dry run -------------------------------------------------------------------------------------------------------------------


def test_every_fault_is_named_by_its_cell_and_nothing_changes() -> None:
    before = Tool.objects.count()
    text = (
        "Product,Company,Website,Min Age,Accounts\n"
        "=CMD(),Evil,evil.example,,\n"
        "Fine,,fine.example,old,\n"
        "Twice,Same,twice.example,13+,students\n"
        "twice,SAME,other.example,,\n"
        "Spaced,Same,not an address,,sometimes\n"
        "Taken,Same,https://reading-journey.example,,\n"
    )
    found = faults(text)
    assert set(found) == {
        (2, "Product"), (3, "Company"), (3, "Min Age"), (5, "Product"), (6, "Website"), (6, "Accounts"), (7, "Website"),
    }  # fmt: skip
    assert "formula" in found[2, "Product"] and "Row 4" in found[5, "Product"]
    sheet = mapped(text)
    with pytest.raises(actions.CannotBring):
        actions.apply(sheet=sheet.public_id, by=person("admin"), at=clock.now())
    assert Tool.objects.count() == before and not Provider.objects.filter(name="Same").exists()


def test_faults_of_agreements() -> None:
    tool(provider("Inkmakers"), "Ink Well")
    found = faults(
        LIST
        + LINE.format(provider="Nobody", tool="Ink Well")
        + LINE.format(provider="Inkmakers", tool="Ink Well; Quill")
        + "Cedar,Inkmakers,Ink Well,Sketch,Active,31/31/2026,,\n"
        + ",Inkmakers,Ink Well,Exhibit E,Active,2026-09-01,2026-08-01,\n",
        "agreements",
    )
    assert set(found) == {
        (2, "Provider"), (3, "Product"), (4, "Agreement Type"), (4, "Date Approved"), (5, "Expiration"), (5, "District"),
    }  # fmt: skip


# -- Applying and taking back --------------------------------------------------------------------------------------------------------


def test_new_tools_are_listed_and_those_there_stay() -> None:
    sheet = applied(TOOLS + "Reading Journey,Reading Journey,,\n")
    made = Tool.objects.get(name="Ink Well")
    assert made.provider.name == "Inkmakers" and made.addresses.get().value == "inkwell.example"
    assert not status.of(made, clock.now()).usable
    assert sheet.rows == [] and sheet.made.count() == 4  # two tools, two providers
    assert trail("vendors.sheet.applied", sheet.public_id)[0]["data"] == {"made": 4, "there_already": 1}
    with pytest.raises(actions.CannotBring):
        actions.apply(sheet=sheet.public_id, by=person("admin"), at=clock.now())


def test_an_agreement_of_a_list_is_a_draft_and_opens_nothing() -> None:
    made = tool(provider("Inkmakers"), "Ink Well")
    applied(LIST + LINE.format(provider="inkmakers", tool="ink well"), "agreements")
    agreement = Agreement.objects.get(provider=made.provider)
    version = agreement.versions.get()
    assert version.sent_at is None and version.signed_at is None and version.starts_on.isoformat() == "2026-09-01"
    assert Listing.objects.get(agreement=agreement).link == "https://registry.example/a.pdf"
    assert not status.of(made, clock.now()).usable


def test_a_sheet_is_taken_back_whole() -> None:
    before = (Tool.objects.count(), Provider.objects.count())
    sheet = applied(TOOLS)
    actions.undo(sheet=sheet.public_id, by=person("admin"), at=clock.now())
    assert (Tool.objects.count(), Provider.objects.count()) == before
    assert trail("vendors.sheet.undone", sheet.public_id)[0]["data"] == {"removed": 4}
    with pytest.raises(actions.CannotBring):
        actions.undo(sheet=sheet.public_id, by=person("admin"), at=clock.now())


@pytest.mark.parametrize("what", ["changed", "reviewed", "agreed", "late"])
def test_what_was_touched_since_is_not_taken_back(what: str) -> None:
    sheet = applied(TOOLS)
    made, at = Tool.objects.get(name="Ink Well"), clock.now()
    if what == "changed":
        catalogue.change_tool(tool=made, summary="Better", by=person("admin"), at=at)
    elif what == "reviewed":
        review_of(made)
    elif what == "agreed":
        drafted(made)
    else:
        at += dt.timedelta(days=31)
    with pytest.raises(actions.CannotBring):
        actions.undo(sheet=sheet.public_id, by=person("admin"), at=at)
    assert Tool.objects.filter(pk=made.pk).exists() and Tool.objects.filter(name="Cell Lab").exists()


def test_agreements_then_their_tools_are_taken_back() -> None:
    tools = applied(TOOLS)
    agreed = applied(LIST + LINE.format(provider="Inkmakers", tool="Ink Well"), "agreements")
    with pytest.raises(actions.CannotBring):
        actions.undo(sheet=tools.public_id, by=person("admin"), at=clock.now())
    actions.undo(sheet=agreed.public_id, by=person("admin"), at=clock.now())
    actions.undo(sheet=tools.public_id, by=person("admin"), at=clock.now())
    assert not Provider.objects.filter(name="Inkmakers").exists()


def test_if_the_entry_cannot_be_written_nothing_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    sheet = mapped(TOOLS)
    real = actions._tell

    def fail(event: Any, *args: Any, **kwargs: Any) -> None:
        if event == "vendors.sheet.applied":
            raise RuntimeError("no trail")
        real(event, *args, **kwargs)

    monkeypatch.setattr(actions, "_tell", fail)
    with pytest.raises(RuntimeError):
        actions.apply(sheet=sheet.public_id, by=person("admin"), at=clock.now())
    assert not Tool.objects.filter(name="Ink Well").exists()


def test_a_closed_sheet_holds_no_cells() -> None:
    sheet = received(TOOLS)
    actions.drop(sheet=sheet.public_id, by=person("admin"), at=clock.now())
    sheet.refresh_from_db()
    assert sheet.rows == []
    with pytest.raises(IntegrityError), transaction.atomic():
        Sheet.objects.filter(pk=sheet.pk).update(rows=[["x"]])


# -- The same out --------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["tools", "agreements"])
def test_what_goes_out_can_come_in_and_changes_nothing(kind: str) -> None:
    text = queries.as_csv(kind)
    assert len(list(csv.reader(io.StringIO(text)))) > 5
    run = checks.dry_run(mapped(text, kind), clock.now())
    assert not run.faults and not run.new


def test_names_that_would_run_as_a_formula_go_out_harmlessly() -> None:
    tool(provider("@Company"), "=1+1")
    cells = [cell for row in csv.reader(io.StringIO(queries.as_csv("tools"))) for cell in row]
    assert "'=1+1" in cells and not any(cell.startswith(("=", "+", "-", "@")) for cell in cells)


# -- Pages ---------------------------------------------------------------------------------------------------------------------------


def test_the_whole_way_through_the_pages() -> None:
    client = client_of("admin")
    upload = SimpleUploadedFile("tools of ann.csv", TOOLS.encode(), "text/csv")
    answer = client.post("/spreadsheets/", {"kind": "tools", "file": upload})
    sheet = Sheet.objects.get()
    assert answer["Location"] == f"/spreadsheets/{sheet.public_id}/"
    assert "What do the columns mean?" in client.get(answer["Location"]).content.decode()
    client.post(answer["Location"], {"name": "0", "provider": "1", "link": "2"})
    assert "Dry run: nothing was changed yet" in client.get(answer["Location"]).content.decode()
    client.post(f"{answer['Location']}apply/")
    assert Tool.objects.filter(name="Ink Well").exists()
    assert "Take it back" in client.get(answer["Location"]).content.decode()
    client.post(f"{answer['Location']}undo/")
    assert not Tool.objects.filter(name="Ink Well").exists()
    assert client.get("/spreadsheets/tools.csv")["Content-Type"].startswith("text/csv")
    assert client.get("/spreadsheets/students.csv").status_code == 404
    assert client.post(f"{answer['Location']}destroy/").status_code == 404


def test_a_file_that_cannot_be_read_is_told_on_the_page() -> None:
    upload = SimpleUploadedFile("list.xlsx", b"PK\x03\x04", "application/zip")
    page = client_of("steward").post("/spreadsheets/", {"kind": "tools", "file": upload}).content.decode()
    assert "Save as" in page


@pytest.mark.parametrize("persona", ["teacher", "parent", "compliance", "provider"])
def test_who_does_not_keep_the_catalogue_stays_out(persona: str) -> None:
    sheet = received(TOOLS)
    client = client_of(persona)
    assert client.get("/spreadsheets/").status_code in {403, 404}
    assert client.post(f"/spreadsheets/{sheet.public_id}/apply/").status_code == 404
    assert client.get(f"/spreadsheets/{uuid.uuid4()}/").status_code == 404
