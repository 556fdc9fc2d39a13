"""The evidence pack as a report for people: the same content as its JSON, set as PDF/UA-1 in English."""

from collections.abc import Mapping, Sequence
from typing import Any

from breaches.notices.texts import PARTS
from governance.exports import typesetting
from governance.exports.typesetting import Column, Section

Content = Mapping[str, Any]


def pdf(content: Content, *, sha256: str) -> bytes:
    """The report. `sha256` is that of the JSON beside it. Raises typesetting.CannotSet."""
    one, asked = content["incident"], content["asked"]
    return typesetting.pdf(
        typesetting.Report(
            language="en",
            title=f"Evidence pack: incident {one['number']}",
            lead=f"{content['district']}: {one['title']}",
            page="Page %(number)s of %(all)s",
            facts=[
                ("For", asked["for"]),
                ("Why", asked["why"]),
                ("Asked for by", asked["by"]),
                ("Agreed to by", asked["agreed_by"]),
                ("Made", _at(content["made_at"])),
                ("SHA-256 of pack.json", sha256),
            ],
            sections=[section for section in _sections(content) if section.text or section.rows],
        )
    )


def _sections(content: Content) -> list[Section]:
    return [
        _incident(content["incident"]),
        _table("Timeline", content["timeline"], (("When", "at", 1.4), ("What", "what", 2), ("Who", "by", 1.2), ("Words", "words", 3))),
        _table(
            "Decisions and reasons",
            content["decisions"],
            (("When", "at", 1.4), ("About", "about", 1.4), ("What", "words", 2), ("Why", "reason", 3), ("Who", "by", 1.2)),
        ),
        _facts(content["facts"]),
        _table(
            "What laws and agreements ask, and their clocks",
            content["clocks"],
            (
                ("Law", "law", 1.8),
                ("Place", "place", 0.7),
                ("To", "to", 1.4),
                ("Answer", "answer", 0.9),
                ("Time", "time", 1.1),
                ("Ends", "due_at", 1.4),
                ("Met", "met_at", 1.4),
                ("How", "how_met", 1.8),
            ),
        ),
        _lists(content["lists"]),
        *_notices(content["notices"]),
        _table(
            "Remedies",
            content["remedies"],
            (
                ("Kind", "kind", 1.6),
                ("Title", "title", 2),
                ("Answer by", "answer_by", 1),
                ("Offered", "offered", 0.8),
                ("Accepted", "accepted", 0.8),
                ("Refused", "refused", 0.8),
                ("Carried out", "carried_out", 0.9),
            ),
        ),
        *_evidence(content["evidence"]),
        _proofs(content),
    ]


def _incident(one: Content) -> Section:
    confirmed = {True: "yes", False: "no", None: "not decided"}[one["confirmed_breach"]]
    rows = [
        ("Kind", one["kind"]), ("Severity", one["severity"]), ("Company", one["company"]), ("Lead", one["lead"]), ("Opened", _at(one["opened_at"])),
        ("Took place from", _at(one["happened_from"])), ("Took place until", _at(one["happened_until"])), ("A breach", confirmed),
        ("Closed", _at(one["closed_at"])), ("Outcome", one["outcome"]), *((name.replace("_", " ").capitalize(), _at(at)) for name, at in one["starts"].items()),
    ]  # fmt: skip
    text = [
        f"{term}: {words}"
        for term, words in (("Found", one["found"]), ("Done", one["done"]), ("Families are told", one["told"]), ("Learned", one["lessons"]))
        if words
    ]
    return Section(
        heading="The incident",
        text=text,
        columns=[Column("What", wide=1), Column("On record", wide=3)],
        rows=[row for row in rows if row[1]],
    )


def _facts(sheets: Sequence[Content]) -> Section:
    text = [
        f"Version {one['version']}, {_at(one['at'])}. Protection: {one['protection']}. Harm: {one['harm']}. Students: {_said(one['students'])}. "
        f"Found by: {one['found']}. At a provider: {_said(one['at_provider'])}. Kinds of data: {', '.join(one['elements']) or 'none'}. "
        f"Where people live: {', '.join(f'{place} {number}' for place, number in one['residents'].items()) or 'not known'}."
        for one in sheets
    ]
    return Section(heading="Facts of the assessment", text=text)


def _lists(lists: Sequence[Content]) -> Section:
    text = [
        f"Made {_at(one['made_at'])}. {one['how']}. Touched: {one['children']}; could have been reached: {one['could_have_been_reached']}; former students "
        f"among them: {one['former']}; from {one['lines']} lines and looks. Now, with changes by two people: {one['children_now']} and {one['could_now']}. "
        f"Kinds of data: {', '.join(one['elements']) or 'none'}. SHA-256 of the ids: {one['sha256_of_ids']}."
        for one in lists
    ]
    return Section(heading="Lists of those affected", text=text)


def _notices(notices: Sequence[Content]) -> list[Section]:
    found = []
    for place, notice in enumerate(notices, start=1):
        recipients = ", ".join(f"{key}: {number}" for key, number in notice["recipients"].items()) or "none"
        text = [f"Sent from {_at(notice['started_at']) or 'not yet'}. Recipients: {recipients}. Kept back from: {notice['kept_back']}."]
        for version in notice["versions"]:
            given = "; ".join(f"{each['by']}, {_at(each['at'])}" for each in version["approvals"]) or "nobody"
            sent = " This text was sent." if version["number"] == notice["sent_version"] else ""
            text.append(f"Version {version['number']}, {_at(version['at'])}, SHA-256 {version['sha256']}. Approved by: {given}.{sent}")
            text += [
                f"{language} · {said['subject']} · " + " ".join(f"{PARTS.get(key, key)}: {words}" for key, words in said["parts"].items())
                for language, said in version["texts"].items()
            ]
        found.append(Section(heading=f"Notice {place}", text=text))
    return found


def _evidence(evidence: Sequence[Content]) -> list[Section]:
    columns = [
        Column("When", wide=1.4),
        Column("What", wide=1),
        Column("Who", wide=1.2),
        Column("To", wide=1.2),
        Column("Why", wide=2),
        Column("Hash", wide=0.8),
    ]
    return [
        Section(
            heading=f"Evidence {place}: {one['title']}",
            text=[f"{one['came_from']}. {one['size']} bytes. SHA-256 {one['sha256']}."],
            columns=columns,
            rows=[
                [
                    _at(link["at"]),
                    link["act"],
                    link["by"],
                    link["to"],
                    link["reason"],
                    {True: "the same", False: "not the same", None: ""}[link["hash_holds"]],
                ]
                for link in one["custody"]
            ],
            small=True,
        )
        for place, one in enumerate(evidence, start=1)
    ]


def _proofs(content: Content) -> Section:
    left = content["left_out"]
    return Section(
        heading="Proofs, and what was left out",
        text=[
            f"{len(content['entries'])} entries of the trail come with a proof each. README.txt says how to check them without the portal.",
            "A proof shows that an entry was not changed after it was sealed. It does not show that an act was right, or that nothing is missing.",
            f"Left out: {left['privileged_notes']} privileged notes, what counsel advised, who reported, and "
            f"{left['entries_that_name_students_or_privileged_notes']} entries that name students or tell of a privileged note.",
        ],
    )


def _table(heading: str, rows: Sequence[Content], columns: Sequence[tuple[str, str, float]]) -> Section:
    return Section(
        heading=heading,
        columns=[Column(title, wide=wide) for title, _key, wide in columns] if rows else [],
        rows=[
            [_at(row[key]) if key.endswith("at") and key != "what" else _said(row[key]) for _title, key, _wide in columns] for row in rows
        ],
        small=True,
    )


def _at(iso: str | None) -> str:
    """A moment as the JSON has it, readable: 2026-11-20 14:03 UTC."""
    return f"{iso[:10]} {iso[11:16]} UTC" if iso else ""


def _said(value: Any) -> str:
    return "" if value is None else "yes" if value is True else "no" if value is False else str(value)
