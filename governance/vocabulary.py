"""The words of the domain: names, no behaviour."""

from django.db.models import IntegerChoices, TextChoices
from django.utils.translation import gettext_lazy as _


class Role(TextChoices):
    """What a person is to the district. Roles are assigned with a scope and dates (`people.RoleAssignment`)."""

    DISTRICT_ADMIN = "district_admin", _("District admin")
    DATA_STEWARD = "data_steward", _("Data steward")
    COMPLIANCE_OFFICER = "compliance_officer", _("Compliance officer")
    INCIDENT_LEAD = "incident_lead", _("Incident lead")
    LEADER = "leader", _("Superintendent")
    PRINCIPAL = "principal", _("Principal")
    SECRETARY = "secretary", _("School office")
    TEACHER = "teacher", _("Teacher")
    COUNSELOR = "counselor", _("Counselor")
    NURSE = "nurse", _("School nurse")
    GUARDIAN = "guardian", _("Parent or guardian")
    STUDENT = "student", _("Student")
    PROVIDER_CONTACT = "provider_contact", _("Provider contact")
    AUDITOR = "auditor", _("Auditor (outside)")


STAFF_ROLES = frozenset(Role) - {Role.GUARDIAN, Role.STUDENT, Role.PROVIDER_CONTACT, Role.AUDITOR}


class Permission(TextChoices):
    """What a page or an action asks for. `people.permissions` says which roles hold it."""

    MANAGE_PEOPLE = "manage_people", _("Give and end roles")
    MANAGE_DISTRICT = "manage_district", _("Set the district's facts")
    IMPORT_ROSTER = "import_roster", _("Import rosters and element values")
    SEE_RULES = "see_rules", _("Read the authorization rules")
    MANAGE_RULES = "manage_rules", _("Draft and approve authorization rules")
    DESIGNATE_STEWARDS = "designate_stewards", _("Designate data stewards")
    DECIDE_REQUESTS = "decide_requests", _("Decide data requests")
    MAKE_REQUESTS = "make_requests", _("Ask for data")
    SEE_STUDENTS = "see_students", _("Open students' records for school work")
    SEE_OWN_FAMILY = "see_own_family", _("Open the own child's or the own record")
    SEARCH_TRAIL = "search_trail", _("Search and export the trail")
    SEE_STATUS = "see_status", _("See the portal's health")
    REGISTER_FAMILY_PAPERS = "register_family_papers", _("Register papers, limits and sign-in codes for families")
    SEE_SETUP = "see_setup", _("See how far the set-up is")
    SECOND_KEY = "second_key", _("Confirm as the second person")
    HANDLE_ALERTS = "handle_alerts", _("Look into odd looks and close their alerts")
    AUDIT_READ = "audit_read", _("Read the trail within an audit's scope, and keep work papers")
    INVITE_AUDITORS = "invite_auditors", _("Invite outside auditors and end their access")
    SEE_RETENTION = "see_retention", _("See what is kept, and what has left by which rule")
    MANAGE_RETENTION = "manage_retention", _("Propose retention rules and holds")


class Principle(TextChoices):
    """The five beliefs of the mission page that every purpose serves (CoSN and Data Quality Campaign)."""

    U1 = "U1", _("Student data should be used to further support student learning and success.")
    U2 = "U2", _("Student data are most powerful when used for continuous improvement and personalizing learning.")
    U3 = "U3", _("Use student data to inform, engage and empower students, families and school leaders.")
    U4 = "U4", _("Provide students, families and educators with timely access to information collected about the student.")
    U5 = "U5", _("Use student data to inform and not replace the professional judgment of educators.")


class Kind(TextChoices):
    """The six kinds of decision for which the district names a rule and a person."""

    COLLECTION = "collection", _("Collection")
    USE = "use", _("Use")
    ACCESS = "access", _("Access")
    SHARING = "sharing", _("Sharing")
    SECURITY = "security", _("Security")
    ONLINE_PROGRAM = "online_program", _("Online program")


class Outcome(TextChoices):
    """What a rule says; refusals win, and no rule means no."""

    ALLOW = "allow", _("Allowed at once")
    STEWARD = "steward", _("A data steward decides")
    TWO_KEYS = "two_keys", _("Two people decide")
    REFUSE = "refuse", _("Refused")


class Relation(TextChoices):
    """How the asker stands to the students."""

    OWN_SECTION = "own_section", _("Students of own classes")
    OWN_SCHOOL = "own_school", _("Students of own school")
    DISTRICT = "district", _("Students of the district")
    OWN_CHILD = "own_child", _("Own child")
    SELF = "self", _("Own record")
    NONE = "none", _("No link to these students")


class Tier(TextChoices):
    """Sensitivity of an element."""

    PUBLIC_DIRECTORY = "public-directory", _("Directory")
    INTERNAL = "internal", _("Internal")
    CONFIDENTIAL = "confidential", _("Confidential")
    RESTRICTED = "restricted", _("Restricted")


class Action(IntegerChoices):
    """django-auditlog's numbers for what happened."""

    CREATE = 0, _("created")
    UPDATE = 1, _("changed")
    DELETE = 2, _("deleted")
    ACCESS = 3, _("opened")


class Event(TextChoices):
    """What an entry tells: past tense, dotted, stable for ever."""

    CLASS_LIST_OPENED = "records.class_list.opened", _("Class list opened")
    STUDENT_OPENED = "records.student.opened", _("Student record opened")
    STUDENTS_SEARCHED = "records.students.searched", _("Students searched by name")
    STUDENTS_FOUND = "records.students.found", _("Students found by a search")
    FAMILY_VIEWED = "records.family.viewed", _("Opened by the family")
    SELF_VIEWED = "records.self.viewed", _("Opened by the student")
    LOOKS_VIEWED = "records.looks.viewed", _("List of looks opened")
    RECORD_DOWNLOADED = "records.student.downloaded", _("Record downloaded")
    READ_REFUSED = "records.read.refused", _("Refused")
    LIMIT_REACHED = "records.limit.reached", _("Stopped: too many student records opened")
    EMERGENCY_OPENED = "records.emergency.opened", _("Opened in an emergency")
    EMERGENCY_REVIEWED = "records.emergency.reviewed", _("Emergency opening reviewed")
    LOOK_QUESTIONED = "records.look.questioned", _("Family asked about a look")
    LOOK_ANSWERED = "records.look.answered", _("Question about a look answered")
    IMPORT_CHECKED = "records.import.checked", _("Compared with an uploaded file")
    VALUES_IMPORTED = "records.values.imported", _("Values imported")
    ROSTER_IMPORTED = "records.roster.imported", _("Roster imported")
    STUDENTS_CHANGED = "records.students.changed", _("Changed by an import")
    LIMIT_SET = "records.limit.set", _("Limit on a guardian's access set")
    LIMIT_ENDED = "records.limit.ended", _("Limit on a guardian's access ended")
    GUARDIAN_LINKED = "records.guardian.linked", _("Guardian's sign-in linked to the child")
    VALUE_CORRECTED = "records.value.corrected", _("Value corrected")
    TRAIL_SEARCHED = "trail.searched", _("Trail searched")
    TRAIL_EXPORTED = "trail.exported", _("Trail exported")
    TRAIL_NAMES_OPENED = "trail.names.opened", _("Names of students in a line of the trail opened")
    REQUEST_SUBMITTED = "governance.request.submitted", _("Data request sent")
    REQUEST_INFORMATION_ASKED = "governance.request.information_asked", _("More information asked")
    REQUEST_INFORMATION_GIVEN = "governance.request.information_given", _("More information given")
    REQUEST_FIRST_KEY = "governance.request.first_key_given", _("First of two people agreed")
    REQUEST_APPROVED = "governance.request.approved", _("Data request approved")
    REQUEST_NARROWED = "governance.request.narrowed", _("Data request approved with fewer items")
    REQUEST_REFUSED = "governance.request.refused", _("Data request refused")
    REQUEST_WITHDRAWN = "governance.request.withdrawn", _("Data request withdrawn")
    DECISION_REFUSED = "governance.decision.refused", _("Decision not accepted")
    GRANT_MADE = "governance.grant.made", _("Permission given")
    GRANT_ENDED = "governance.grant.ended", _("Permission ended")
    RULE_DRAFTED = "governance.rule.drafted", _("Rule drafted")
    RULE_APPROVED = "governance.rule.approved", _("Rule approved")
    STEWARD_DESIGNATED = "governance.steward.designated", _("Data steward designated")
    STEWARD_ENDED = "governance.steward.ended", _("Data steward's term ended")
    ROLE_GIVEN = "people.role.given", _("Role given")
    ROLE_ENDED = "people.role.ended", _("Role ended")
    SIGNED_IN = "people.signed_in", _("Signed in")
    SIGN_IN_FAILED = "people.sign_in.failed", _("Sign-in failed")
    ROLE_PROPOSED = "people.role.proposed", _("Role proposed, waits for a second person")
    ROLE_NOT_GIVEN = "people.role.not_given", _("Proposed role not given")
    INVITED = "people.invited", _("Invited")
    INVITATION_ACCEPTED = "people.invitation.accepted", _("Invitation accepted")
    ACCOUNT_MADE = "people.account.made", _("Account made")
    ACCOUNT_SUSPENDED = "people.account.suspended", _("Account suspended")
    ACCOUNT_RESTORED = "people.account.restored", _("Account restored")
    SESSIONS_ENDED = "people.sessions.ended", _("Signed out everywhere")
    FAMILY_CODE_MADE = "people.family_code.made", _("Sign-in code for a family made")
    DISTRICT_CHANGED = "people.district.changed", _("District facts changed")
    FAMILY_SIGN_IN_OPENED = "people.family_sign_in.opened", _("Family sign-in opened")
    AUDITOR_PROPOSED = "auditors.engagement.proposed", _("Auditor proposed, waits for a second person")
    AUDITOR_ADMITTED = "auditors.engagement.admitted", _("Auditor admitted")
    AUDITOR_NOT_ADMITTED = "auditors.engagement.not_admitted", _("Proposed auditor not admitted")
    AUDITOR_EXTENSION_PROPOSED = "auditors.engagement.extension_proposed", _("Longer audit proposed, waits for a second person")
    AUDITOR_EXTENDED = "auditors.engagement.extended", _("Audit made longer")
    AUDITOR_EXTENSION_DROPPED = "auditors.engagement.extension_dropped", _("Longer audit not agreed")
    AUDITOR_ENDED = "auditors.engagement.ended", _("Auditor's access ended")
    AUDITOR_WRITE_REFUSED = "auditors.write.refused", _("Auditor tried to change something: refused")
    SAMPLE_COMMITTED = "auditors.sample.committed", _("Random sample announced with its seed")
    SAMPLE_DRAWN = "auditors.sample.drawn", _("Random sample drawn")
    SAMPLE_OPENED = "auditors.sample.opened", _("Entries of a sample opened")
    SAMPLE_TESTED = "auditors.sample.tested", _("Entry of a sample tested")
    PAPER_WRITTEN = "auditors.paper.written", _("Work paper written")
    PAPER_SHARED = "auditors.paper.shared", _("Work paper shared with the district")
    PAPER_ANSWERED = "auditors.paper.answered", _("District answered a work paper")
    PAPER_SIGNED = "auditors.paper.signed", _("Work paper signed off")
    RETENTION_PROPOSED = "retention.rule.proposed", _("Retention rule proposed, waits for a second person")
    RETENTION_ADOPTED = "retention.rule.adopted", _("Retention rule adopted")
    RETENTION_NOT_ADOPTED = "retention.rule.not_adopted", _("Proposed retention rule not adopted")
    HOLD_PLACED = "retention.hold.placed", _("Hold placed: nothing in it is destroyed")
    HOLD_END_PROPOSED = "retention.hold.end_proposed", _("End of a hold proposed, waits for a second person")
    HOLD_ENDED = "retention.hold.ended", _("Hold ended")
    HOLD_KEPT = "retention.hold.kept", _("Hold stays")
    MONTH_LEFT = "retention.month.left", _("A month of the trail left by its retention rule")
    VALUES_DESTROYED = "retention.values.destroyed", _("Destroyed: no longer kept")
    ALERT_RAISED = "alerts.alert.raised", _("Odd look found")
    ALERT_VIEWED = "alerts.alert.viewed", _("Alert opened")
    ALERT_ASKED = "alerts.alert.asked", _("Person asked about an alert")
    ALERT_ANSWERED = "alerts.alert.answered", _("Question about an alert answered")
    ALERT_CLOSED = "alerts.alert.closed", _("Alert closed")
    ALERT_LIMITS_PROPOSED = "alerts.limits.proposed", _("Change of what counts as odd proposed")
    ALERT_LIMITS_CHANGED = "alerts.limits.changed", _("What counts as odd changed")
    ALERT_LIMITS_DROPPED = "alerts.limits.dropped", _("Change of what counts as odd dropped")
    STAFF_HOMES_LOADED = "alerts.homes.loaded", _("Home addresses of staff loaded for comparison")
    PLANTING_PROPOSED = "alerts.planting.proposed", _("Planted record proposed")
    PLANTING_CONFIRMED = "alerts.planting.confirmed", _("Planted record confirmed by a second person")
    PLANTING_DROPPED = "alerts.planting.dropped", _("Proposed planted record dropped")
    PLANTING_ENDED = "alerts.planting.ended", _("Planted record taken away")
    MODEL_CHANGED = "model.changed", _("Changed")
