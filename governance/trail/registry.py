"""Which models' changes django-auditlog writes into the trail by itself, field by field, and which it does not and why.

Every model of the installation stands in one of the two tables (tests/architecture/test_every_write_is_recorded.py). A field is named only
where its value is fit for the trail: no value of a child's record, no free text about a child, no secret. Of a masked field the trail says
that it changed, not to what. django-auditlog sees `save` and `delete` of one object; what is written in bulk or by SQL is told by the action
that does it.
"""

import dataclasses

from auditlog.registry import auditlog
from django.apps import apps

MASK = "governance.trail.registry.mask"


@dataclasses.dataclass(frozen=True)
class Watched:
    """The fields whose changes are told with their values, those told without, and lists of other objects."""

    fields: tuple[str, ...]
    masked: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()


WATCHED: dict[str, Watched] = {
    "people.District": Watched(
        fields=(
            "name", "short_name", "code", "address", "website", "contact_name", "contact_title", "contact_phone", "contact_email", "contact_checked_on",
            "deputy_name", "office_hours", "superintendent", "board_clerk", "languages", "server_access_count", "records_since", "legal_texts_reviewed_on",
            "legal_texts_reviewed_by", "roster_source", "rules_adopted_on", "limits_checked_at", "limits_checked_by",
        )
    ),
    "people.School": Watched(fields=("sourced_id", "name", "identifier", "kind", "active")),
    # A student's account stands in the same table: its e-mail is a value of the record.
    "people.User": Watched(
        fields=("is_superuser", "title", "language", "is_active", "session_era"),
        masked=("email", "name", "staff_number"),
        lists=("groups", "user_permissions"),
    ),
    "account.EmailAddress": Watched(fields=("user", "verified", "primary"), masked=("email",)),
    "mfa.Authenticator": Watched(fields=("user", "type")),
    "socialaccount.SocialApp": Watched(fields=("provider", "provider_id", "name", "client_id"), masked=("secret", "key", "settings")),
    "socialaccount.SocialAccount": Watched(fields=("user", "provider"), masked=("uid",)),
    "auth.Group": Watched(fields=("name",), lists=("permissions",)),
    # Who sends, approves, drops and applies an import; what it changes is told by the import itself.
    "records.ImportRun": Watched(fields=("kind", "state", "made_by", "applied_by", "second_by")),
    "governance.Absence": Watched(fields=("stewardship", "starts_on", "ends_on")),
}  # fmt: skip

_OWN_ENTRY = "the action that writes it leaves an entry of its own, with the event's name"
_BY_IMPORT = "the import writes it by SQL, with one entry for the run and entries that name the students"
_ABOUT_A_CHILD = "holds values or free text about a child; " + _OWN_ENTRY
_SHIPPED = "reference data of the project, loaded from its files by load_reference, which leaves an entry"
_PART = "a part of the object above it, whose action leaves the entry"
_UNUSED = "a table of a library that no rule and no page reads: what may be done follows from people.RoleAssignment"

NOT_WATCHED: dict[str, str] = {
    "audit.SavedSearch": _OWN_ENTRY,
    "trail.Entry": "it is the trail",
    "base.Message": "the outbox: what must follow from a change that has its own entry; ids only",
    "people.SchoolPermission": "follows a role; people.roles writes both and one entry",
    "people.RoleAssignment": _OWN_ENTRY,
    "people.RoleProposal": _OWN_ENTRY,
    "people.SecondStepReset": _OWN_ENTRY,
    "people.Invitation": _OWN_ENTRY,
    "people.FamilyCode": _OWN_ENTRY,
    "people.User_groups": "a list of people.User",
    "people.User_user_permissions": "a list of people.User",
    "records.Student": _BY_IMPORT,
    "records.Term": _BY_IMPORT,
    "records.Section": _BY_IMPORT,
    "records.Enrollment": _BY_IMPORT,
    "records.StaffMember": _BY_IMPORT,
    "records.Teaching": _BY_IMPORT,
    "records.Guardianship": _ABOUT_A_CHILD,
    "records.OwnRecord": _ABOUT_A_CHILD,
    "records.EmergencyOpening": _ABOUT_A_CHILD,
    "records.LookQuestion": _ABOUT_A_CHILD,
    "packs.Pack": _OWN_ENTRY,
    "governance.Law": _SHIPPED,
    "governance.Clock": _SHIPPED,
    "governance.Basis": _SHIPPED,
    "governance.Element": _SHIPPED,
    "governance.Purpose": _SHIPPED,
    "governance.RuleSet": "a counter that tells processes to read the rules again",
    "governance.Rule": _PART,
    "governance.RuleVersion": _OWN_ENTRY,
    "governance.Stewardship": _OWN_ENTRY,
    "governance.Stewardship_schools": _PART,
    "governance.Grant": _OWN_ENTRY,
    "governance.DataRequest": _ABOUT_A_CHILD,
    "governance.RequestedElement": _PART,
    "governance.RequestMessage": _ABOUT_A_CHILD,
    # Providers, agreements, reviews and tool requests hold no value of a child's record.
    "providers.Provider": _OWN_ENTRY,
    "providers.Contact": _OWN_ENTRY,
    "providers.Tool": _OWN_ENTRY,
    "providers.ToolVersion": _PART,
    "providers.Address": _PART,
    "providers.ContactReminder": _PART,
    "providers.Subprocessor": _PART,
    "providers.Collects": _PART,
    "providers.Mark": _PART,
    "providers.Channel": _PART,
    "providers.AutomatedDecision": _PART,
    "providers.Document": _OWN_ENTRY,
    "providers.DocumentContent": _PART,
    "agreements.Agreement": _OWN_ENTRY,
    "agreements.Version": _OWN_ENTRY,
    "agreements.Service": _PART,
    "agreements.ScheduleLine": _PART,
    "agreements.Clause": _PART,
    "agreements.Signature": _PART,
    "agreements.Subscriber": _PART,
    "agreements.ExpiryNotice": _PART,
    "reviews.Review": _OWN_ENTRY,
    "reviews.Check": _PART,
    "reviews.Questionnaire": _OWN_ENTRY,
    "reviews.QuestionnaireAnswer": _PART,
    "reviews.Approval": _OWN_ENTRY,
    "reviews.Alternative": _PART,
    "reviews.Guidance": _OWN_ENTRY,
    "reviews.Advice": _OWN_ENTRY,
    "tool_requests.ToolRequest": _OWN_ENTRY,
    "ends.Order": _OWN_ENTRY,
    "company.QuestionnaireDraft": _OWN_ENTRY,
    "company.BreachNotice": _OWN_ENTRY,
    "company.SupplierNotice": _OWN_ENTRY,
    "ends.Ordered": _PART,
    "ends.Certificate": _OWN_ENTRY,
    "ends.Reminder": _PART,
    "tool_requests.ToolUse": _OWN_ENTRY,
    "register.Published": "what the public register said last; " + _OWN_ENTRY,
    "register.Change": "what changed in the public register; " + _OWN_ENTRY,
    "advice.TrustedKey": _OWN_ENTRY,
    "advice.SignedReview": _PART,
    "folders.Folder": _OWN_ENTRY,
    "folders.File": _PART,
    "discovery.Upload": _OWN_ENTRY,
    "discovery.Domain": _OWN_ENTRY,
    "discovery.Sighting": _PART,
    "spreadsheets.Sheet": _OWN_ENTRY,
    "spreadsheets.Made": _PART,
    "spreadsheets.Listing": _PART,
    "sharing.Delivery": _OWN_ENTRY,
    "sharing.Release": _OWN_ENTRY,
    "sharing.StopTask": _OWN_ENTRY,
    "oneroster.Client": _OWN_ENTRY,
    "oneroster.Secret": _PART,
    "oneroster.Token": "hashes of short tokens; " + _OWN_ENTRY,
    "oneroster.Census": "when it was worked out whom a tool may be told of; what was read for it has entries",
    "oneroster.Seat": "follows from approval, agreement, classes and families; what was read for it has entries",
    "oneroster.Fetch": _PART,
    "oneroster.Tally": "a counter of a minute",
    "drops.Drop": _OWN_ENTRY,
    "drops.Dropped": _OWN_ENTRY,
    "ways.Keeper": _OWN_ENTRY,
    "ways.ChildStop": _OWN_ENTRY,
    "ways.ChildStopped": _PART,
    "ways.Told": _OWN_ENTRY,
    "consents.Matter": "names what can be answered; its forms and answers have entries",
    "consents.Form": _OWN_ENTRY,
    "consents.Standing": "follows from answers and campaigns, each with its entry",
    "consents.Answer": _OWN_ENTRY,
    "consents.Policy": _OWN_ENTRY,
    "consents.Scan": _OWN_ENTRY,
    "consents.Mistake": _OWN_ENTRY,
    "earlier.EarlierSheet": _OWN_ENTRY,
    "earlier.Brought": _PART,
    "consents.Campaign": _OWN_ENTRY,
    "consents.Asked": _PART,
    "consents.Telling": "mail of a campaign, whose action leaves the entry",
    "retention.RetentionRule": _OWN_ENTRY,
    "retention.Hold": _OWN_ENTRY,
    "retention.Hold_students": _PART,
    "retention.Receipt": "written by the procedure that destroys, in the transaction of its entry",
    "auditors.Engagement": _OWN_ENTRY,
    "auditors.Sample": _OWN_ENTRY,
    "auditors.SampleItem": _OWN_ENTRY,
    "auditors.WorkPaper": _OWN_ENTRY,
    "auditors.PaperVersion": "free text of an auditor; " + _OWN_ENTRY,
    "auditors.PaperAnswer": "free text of the district; " + _OWN_ENTRY,
    "reports.Report": "free text about a child may stand in it; " + _OWN_ENTRY,
    "reports.Line": "free text; " + _OWN_ENTRY,
    "reports.SafetyContact": _OWN_ENTRY,
    "drills.Drill": "free text; " + _OWN_ENTRY,
    "drills.Arrival": _OWN_ENTRY,
    "drills.Answer": "free text; " + _OWN_ENTRY,
    "drills.Improvement": "free text; " + _OWN_ENTRY,
    "readiness.Holder": _OWN_ENTRY,
    "readiness.Use": _OWN_ENTRY,
    "readiness.MailSwitch": _OWN_ENTRY,
    "readiness.Number": _OWN_ENTRY,
    "clocks.Reached": "a mark that a point of a clock was told; " + _OWN_ENTRY,
    "clocks.ClosedDay": _OWN_ENTRY,
    "assessment.FactSheet": "free text; " + _OWN_ENTRY,
    "assessment.PoliceHold": "free text; " + _OWN_ENTRY,
    "assessment.LawReview": _OWN_ENTRY,
    "assessment.Override": "free text; " + _OWN_ENTRY,
    "assessment.Met": "free text; " + _OWN_ENTRY,
    "incidents.Incident": "what was found may speak of a child; " + _OWN_ENTRY,
    "incidents.Moment": _OWN_ENTRY,
    "incidents.Step": _OWN_ENTRY,
    "incidents.Task": _OWN_ENTRY,
    "incidents.Evidence": _OWN_ENTRY,
    "incidents.Custody": _OWN_ENTRY,
    "incidents.Decision": "free text; " + _OWN_ENTRY,
    "incidents.Note": "free text; " + _OWN_ENTRY,
    "affected.AffectedList": _OWN_ENTRY,
    "affected.Member": "written by door.affected_fill, which leaves the entry of the list",
    "affected.Correction": "free text; " + _OWN_ENTRY,
    "notices.Notice": _OWN_ENTRY,
    "notices.Version": "free text; " + _OWN_ENTRY,
    "notices.Approval": _OWN_ENTRY,
    "notices.Addressee": "addresses of offices; " + _OWN_ENTRY,
    "notices.Recipient": "queued with the entry of the notice that starts; each batch that goes has an entry of its own",
    "notices.Lease": "a mark of a drainer at work",
    "notices.Pace": "a counter of the minute",
    "remedies.Remedy": "free text; " + _OWN_ENTRY,
    "remedies.Offer": "made with the entry of the remedy; each answer has an entry of its own",
    "remedies.Code": "a secret; " + _OWN_ENTRY,
    "letters.Code": "made with the batch of letters that has its entry; each opening leaves one",
    "letters.Answer": "free text; " + _OWN_ENTRY,
    "letters.Printing": _OWN_ENTRY,
    "letters.Sheet": _PART,
    "letters.Call": _OWN_ENTRY,
    "letters.Turn": _OWN_ENTRY,
    "postings.Posting": _OWN_ENTRY,
    "postings.Version": "free text; " + _OWN_ENTRY,
    "postings.Approval": _OWN_ENTRY,
    "postings.Pack": "free text; " + _OWN_ENTRY,
    "exports.Export": _OWN_ENTRY,
    "alerts.Alert": "raised by the keeper with an entry; " + _OWN_ENTRY,
    "alerts.AlertLook": _PART,
    "alerts.Limits": _OWN_ENTRY,
    "alerts.Planting": _OWN_ENTRY,
    "alerts.Watch": "how far the trail was read: a mark of the run",
    "checkpoints.Witness": _OWN_ENTRY,
    "checkpoints.Cosignature": _OWN_ENTRY,
    "checkpoints.Sending": _OWN_ENTRY,
    "checkpoints.Declaration": _OWN_ENTRY,
    "checkpoints.Round": "a counter of what was mailed already; each mail has its own entry",
    "coverage.System": _OWN_ENTRY,
    "auth.Permission": "made by migrations",
    "auth.Group_permissions": "a list of auth.Group",
    "contenttypes.ContentType": "made by migrations",
    "sessions.Session": "signing in and out has events of its own",
    "guardian.UserObjectPermission": _UNUSED,
    "guardian.GroupObjectPermission": _UNUSED,
    "account.EmailConfirmation": "a link that was sent; the address it confirms is watched",
    "socialaccount.SocialToken": "a secret of one sign-in",
}


def mask(_value: str) -> str:
    """What stands for a value that the trail must not hold."""
    return "…"


def register() -> None:
    """Tell django-auditlog what to watch. Called once, when the apps are ready."""
    for label, watched in WATCHED.items():
        auditlog.register(
            apps.get_model(label),
            include_fields=[*watched.fields, *watched.masked],
            mask_fields=list(watched.masked),
            mask_callable=MASK,
            m2m_fields=set(watched.lists),
        )
