"""The people of docs/reference/contract.md: who plays which role, and the families whose story the demo tells."""

import dataclasses

from governance.records.models import Guardianship
from governance.vocabulary import Role
from portal.pages import personas


@dataclasses.dataclass(frozen=True)
class CastStaff:
    """A member of staff: `persona`@riverbend.example. `school` is a key of the plan's schools, empty for the district."""

    persona: str
    name: str
    title: str
    role: Role
    school: str = ""
    roster_role: str = "administrator"


@dataclasses.dataclass(frozen=True)
class CastAdult:
    """A parent or guardian; without a persona no account."""

    name: str
    persona: str | None = None
    relation: str = "parent"


@dataclasses.dataclass(frozen=True)
class CastChild:
    """A child. `limit`: what a court order takes from the first adult. `age` where the story needs one. `persona`: its own account."""

    key: str
    given: str
    family: str
    gender: str
    grade: str
    age: int | None = None
    persona: str | None = None
    limit: str = ""
    limit_elements: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class CastFamily:
    """A family of the story."""

    adults: tuple[CastAdult, ...]
    children: tuple[CastChild, ...]
    language: str = "English"
    ethnicity: str = "white"


STAFF = (
    CastStaff("admin", "Sara Lindgren", "Technology and data director", Role.DISTRICT_ADMIN),
    CastStaff("steward", "Andrea Thao", "Director of instruction", Role.DATA_STEWARD),
    CastStaff("deputy", "Julia Ruiz", "Assessment coordinator", Role.DATA_STEWARD),
    CastStaff("health.steward", "Karen Hall", "Lead school nurse", Role.DATA_STEWARD),
    CastStaff("teacher", "Ana Ortiz", "Science teacher", Role.TEACHER, "middle", "teacher"),
    CastStaff("colleague", "Ben Dahl", "English teacher", Role.TEACHER, "high", "teacher"),
    CastStaff("counselor", "David Xiong", "School counselor", Role.COUNSELOR, "middle", "aide"),
    CastStaff("compliance", "Priya Raman", "Compliance officer", Role.COMPLIANCE_OFFICER),
    CastStaff("security", "Tom Novak", "Incident lead", Role.INCIDENT_LEAD),
    CastStaff("leader", "Ellen Brandt", "Superintendent", Role.LEADER),
    CastStaff("principal", "Marcus Johnson", "Principal", Role.PRINCIPAL, "middle"),
    CastStaff("secretary", "Linda Schultz", "School secretary", Role.SECRETARY, "middle"),
    CastStaff("nurse", "Kia Moua", "School nurse", Role.NURSE, "", "aide"),
)

# What tells a place, a schedule or how to reach the other parent.
KEPT_BACK = (
    "address",
    "phone",
    "guardian-address",
    "guardian-email",
    "guardian-phone",
    "schedule",
    "counselor-notes",
    "custody-order",
    "safe-at-home",
)

FAMILIES = (
    CastFamily(
        (CastAdult("Rosa Ramirez", "parent"), CastAdult("Luis Ramirez")),
        (CastChild("maya", "Maya", "Ramirez", "female", "07"), CastChild("diego", "Diego", "Ramirez", "male", "03")),
        "Spanish",
        "hispanicOrLatinoEthnicity",
    ),
    CastFamily(
        (CastAdult("Pa Houa Vang", "other.parent"), CastAdult("Tou Vang")),
        (CastChild("kalia", "Kalia", "Vang", "female", "07"),),
        "Hmong",
        "asian",
    ),
    CastFamily(
        (CastAdult("Kevin Baker", "limited.parent"), CastAdult("Jenna Mitchell")),
        (
            CastChild("owen", "Owen", "Baker", "male", "07", limit=Guardianship.Limit.RECORDS_LIMITED, limit_elements=KEPT_BACK),
            CastChild("lily", "Lily", "Baker", "female", "05", limit=Guardianship.Limit.PLACEMENT_DENIED),
        ),
    ),
    CastFamily(
        (CastAdult("Hawa Warsame"),),
        (CastChild("amina", "Amina", "Warsame", "female", "12", age=18, persona="eligible"),),
        "Somali",
        "blackOrAfricanAmerican",
    ),
    CastFamily(
        (CastAdult("Robert Waukau"), CastAdult("Dana Waukau")),
        (CastChild("jonah", "Jonah", "Waukau", "male", "08", age=14, persona="student"),),
        "English",
        "americanIndianOrAlaskaNative",
    ),
)

PROVIDER = ("provider", "Alex Moreno", "Contact of Reading Journey")

PERSONAS = tuple(persona.name for persona in personas.PERSONAS)
