"""What elements, groups of them and purposes are called where people without the field's terms read (people.md E)."""

from collections.abc import Iterable

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

# As they stand inside a sentence; a heading begins with a capital letter by itself. Every element of the reference data is here.
ELEMENTS: dict[str, str | Promise] = {
    "name": pgettext_lazy("kind of data", "name"),
    "preferred-name": _("name used at school"),
    "pronouns": _("pronouns"),
    "local-id": _("student number"),
    "state-id": _("state student number"),
    "email": _("school e-mail"),
    "username": _("user name for school apps"),
    "phone": _("student’s phone"),
    "grade": _("grade"),
    "birth-date": _("birth date"),
    "birth-place": _("birth place"),
    "gender": _("gender"),
    "ethnicity": _("race and ethnicity"),
    "tribal-affiliation": _("tribe"),
    "language": _("language the student speaks"),
    "family-language": _("language of the family"),
    "address": _("home address"),
    "guardian-name": _("names of parents and guardians"),
    "guardian-email": _("parents’ e-mail"),
    "guardian-phone": _("parents’ phone"),
    "guardian-address": _("parents’ address"),
    "emergency-contact": _("emergency contact"),
    "safe-at-home": _("address protection"),
    "school": _("school"),
    "schedule": _("classes"),
    "teachers": _("teachers"),
    "homeroom": _("homeroom"),
    "counselor": _("school counselor"),
    "programs": _("programs"),
    "activities": _("clubs and activities"),
    "graduation-year": _("year of graduation"),
    "enrollment-dates": _("first and last day at school"),
    "previous-school": _("school before this one"),
    "attendance": _("attendance"),
    "class-attendance": _("attendance in class"),
    "tardies": _("late arrivals"),
    "truancy": _("truancy case"),
    "course-grades": _("course grades"),
    "courses": _("courses taken"),
    "course-scores": _("scores in courses"),
    "credits": _("credits"),
    "grade-point-average": _("grade point average"),
    "diploma": _("diploma"),
    "awards": _("awards"),
    "test-scores": _("test scores"),
    "statewide-scores": _("state test scores"),
    "reading-screener": _("reading check"),
    "observations": _("teachers’ observations"),
    "psychological-evaluation": _("psychological evaluation"),
    "personality-evaluation": _("personality evaluation"),
    "gifted": _("gifted and talented"),
    "el-status": _("English learner status"),
    "low-income": _("low-income status"),
    "meal-eligibility": _("free or low-cost meals"),
    "disability": _("disability"),
    "iep-504": _("special education or 504 plan"),
    "iep": _("special education plan (IEP)"),
    "plan-504": _("504 plan"),
    "special-education-referral": _("special education referral"),
    "special-education-evaluation": _("special education evaluation"),
    "medicaid-billing": _("Medicaid billing"),
    "living-situation": _("living situation"),
    "foster-care": _("foster care"),
    "military-family": _("military family"),
    "migrant-status": _("migrant status"),
    "immigrant-program": _("Title III program"),
    "health-alerts": _("health alerts"),
    "allergy-plan": _("allergy or health plan"),
    "immunization": _("vaccines"),
    "immunization-waiver": _("vaccine waiver"),
    "lead-screening": _("lead test"),
    "emergency-card": _("emergency medical card"),
    "medication-log": _("first aid and medicine log"),
    "health-screening": _("vision, hearing and back checks"),
    "athletic-permit": _("sports health card"),
    "mental-health-screening": _("mental health check"),
    "counselor-notes": _("counselor’s notes"),
    "threat-assessment": _("safety assessment"),
    "bullying-report": _("bullying report"),
    "conversation-record": _("notes of conversations"),
    "conduct": _("behavior at school"),
    "suspension": _("suspension"),
    "expulsion": _("expulsion"),
    "restraint-incident": _("seclusion or restraint"),
    "custody-order": _("court order about custody"),
    "bus": _("bus"),
    "bus-stop": _("bus stop"),
    "bus-card": _("bus card number"),
    "photograph": _("photo"),
    "field-of-study": _("field of study"),
    "athlete-measures": _("height and weight of athletes"),
    "directory-choice": _("choice about facts the school may give out"),
    "recruiter-choice": _("choice about military recruiters"),
    # what the portal never holds, and tools may
    "provider-id": _("number a company gives the student"),
    "device-id": _("number of the device or sign-in"),
    "app-passwords": _("passwords for apps"),
    "payment-number": _("meal account number"),
    "social-security-number": _("Social Security number"),
    "driver-license": _("driver license number"),
    "passport": _("passport number"),
    "guardian-id": _("number of the parent or guardian"),
    "diagnosis": _("diagnosis or treatment"),
    "hiv-test": _("HIV test result"),
    "pregnancy": _("pregnancy or having a child"),
    "insurance-number": _("health insurance number"),
    "personal-notes": _("a teacher’s or counselor’s own notes"),
    "aoda-disclosure": _("talks in confidence about alcohol or drugs"),
    "officer-record": _("police record"),
    "law-enforcement-unit": _("record of the school’s own police"),
    "court-record": _("court record"),
    "biometric": _("fingerprint, face or voice print"),
    "voice-recording": _("voice recording"),
    "dna": _("DNA"),
    "video": _("video of the student"),
    "communications": _("messages sent online"),
    "app-performance": _("results in the app"),
    "app-use": _("how the app is used"),
    "student-work": _("work that the student makes"),
    "survey-responses": _("answers to surveys"),
    "ppra-politics": _("political views"),
    "ppra-mental": _("questions about mental health"),
    "ppra-sex": _("questions about sex"),
    "ppra-illegal": _("questions about unlawful or risky acts"),
    "ppra-family": _("opinions about close family"),
    "ppra-privileged": _("talks with a lawyer, doctor or minister"),
    "ppra-religion": _("religion"),
    "ppra-income": _("family income"),
    "ip-address": _("internet address and cookies"),
    "technology-data": _("technical data of the device"),
    "geolocation": _("exact place of the device"),
    "advertising-id": _("number used for ads"),
    "browsing-history": _("websites visited and searches"),
    "ai-prompts": _("chats with an AI program"),
    "derived-score": _("scores or guesses that a program makes"),
    "consent-record": _("permissions given and taken back"),
    "disclosure-entry": _("list of who got information"),
    "none": _("no student data"),
    "other-assessment": _("other test data"),
    "other-demographic": _("other facts about the student"),
    "other-enrollment": _("other facts about enrollment"),
    "other-indicator": _("other facts about support"),
    "other-work": _("other work of the student"),
    "other-transcript": _("other facts about courses"),
    "other-transportation": _("other facts about the ride"),
    "other": _("other data"),
}

# The order of a page, and the categories of the reference data that stand under each heading.
GROUPS: tuple[tuple[str, str | Promise, frozenset[str]], ...] = (
    ("who", _("Who the student is"), frozenset({"Student Name", "Demographics", "Student Identifiers"})),
    (
        "contact",
        _("Family and how to reach it"),
        frozenset({"Student Contact Information", "Parent/Guardian Name", "Parent/Guardian Contact Information", "Parent/Guardian ID"}),
    ),
    (
        "school",
        _("School and classes"),
        frozenset({"Enrollment", "Schedule", "Student Program Membership", "Transportation", "Directory Data (WI)", "Directory Control"}),
    ),
    ("attendance", _("Attendance"), frozenset({"Attendance"})),
    ("learning", _("Grades and tests"), frozenset({"Transcript", "Assessment", "Student Work"})),
    ("support", _("Support and services"), frozenset({"Special Indicator", "Special Education"})),
    ("health", _("Health"), frozenset({"Health"})),
    ("conduct", _("Counseling and behavior"), frozenset({"Counseling", "Conduct", "Court", "Law Enforcement"})),
)
OTHER = ("other", _("Other facts"))
FIRST = ("name", "preferred-name", "pronouns", "grade", "birth-date", "school", "homeroom", "schedule", "teachers")

PURPOSES: dict[str, str | Promise] = {
    "classroom-instruction": _("To plan and teach classes"),
    "online-learning-tool": _("To use a learning tool that the district approved"),
    "rostering": _("To set up classes and accounts"),
    "progress-monitoring": _("To follow progress and adjust teaching"),
    "personalized-learning": _("To fit the work to the student"),
    "early-warning": _("To find students who need help early"),
    "intervention-support": _("To plan extra help, such as tutoring or reading groups"),
    "special-education": _("To serve students with disabilities"),
    "english-learner-services": _("To teach students who are learning English"),
    "counseling-support": _("To counsel and support the student"),
    "school-health": _("To keep students healthy at school"),
    "school-safety": _("To keep students safe"),
    "attendance-management": _("To keep track of attendance"),
    "transportation": _("To plan the bus ride"),
    "food-service": _("To serve meals"),
    "family-access": _("To show the family its own record"),
    "family-communication": _("To keep in touch with the family"),
    "student-recognition": _("To celebrate students"),
    "college-career-planning": _("To plan for college and work"),
    "enrollment-and-transfer": _("To enroll the student or change schools"),
    "assessment-administration": _("To give tests"),
    "state-federal-reporting": _("To report to the state"),
    "placement-decision-support": _("To help a teacher decide on courses"),
    "discipline-review": _("To handle behavior fairly"),
    "educator-reflection": _("To help teachers look at their own teaching"),
    "it-operations": _("To run the computer systems and keep them safe"),
    "school-leadership": _("To lead the school"),
    "privacy-oversight": _("To check how student data is used"),
}

# Words of an entry that say what was opened and name no data of the student.
NO_DATA = frozenset({"disclosures", "disclosures.party", "disclosures.held", "disclosures.change"})


def element_words(key: str, title: str = "") -> str:
    """An element inside a sentence: “birth date”. `title` is its title in the reference data, for elements without words of their own."""
    return str(ELEMENTS.get(key) or title or key.replace("-", " "))


def element_heading(key: str, title: str = "") -> str:
    """An element as a heading: “Birth date”."""
    words = element_words(key, title)
    return words[:1].upper() + words[1:]


def element_list(keys: Iterable[str]) -> str:
    """Elements one after another, the most telling of a person first: “name, grade, birth date”."""
    order = list(ELEMENTS)
    ranked = sorted(set(keys) - NO_DATA, key=lambda key: (order.index(key) if key in ELEMENTS else len(order), key))
    return ", ".join(element_words(key) for key in ranked)


def purpose_words(purpose: str, title: str = "") -> str:
    """Why somebody opened a record: “To plan and teach classes”."""
    return str(PURPOSES.get(purpose) or title or purpose)


def group_of(category: str) -> tuple[str, str]:
    """The (key, heading) under which an element of that category stands."""
    for key, heading, categories in GROUPS:
        if category in categories:
            return key, str(heading)
    return OTHER[0], str(OTHER[1])
