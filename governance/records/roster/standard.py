"""What the portal reads of OneRoster CSV 1.1 and 1.2: files, columns, and the spellings that real exports use for them."""

import dataclasses
import re
from collections.abc import Mapping


@dataclasses.dataclass(frozen=True)
class Table:
    """One file of the standard: its staging table, and its columns as {spelling: staging column}. `required` are staging columns."""

    name: str
    stage: str
    columns: Mapping[str, str]
    required: tuple[str, ...]
    titles: Mapping[str, str]
    passing: frozenset[str] = frozenset()

    def title_of(self, column: str) -> str:
        """The standard's name of a staging column."""
        return self.titles.get(column, column)


def _table(
    name: str, stage: str, required: tuple[str, ...], columns: Mapping[str, tuple[str, ...]], passing: tuple[str, ...] = ()
) -> Table:
    """`columns` maps a staging column to its name in the standard, followed by other spellings."""
    return Table(
        name=name,
        stage=stage,
        columns={spelled(word): column for column, words in columns.items() for word in words},
        required=required,
        titles={column: words[0] for column, words in columns.items()},
        passing=frozenset(passing),
    )


def spelled(header: str) -> str:
    """A header without what real files differ in: case, blanks, underscores, dashes."""
    return re.sub(r"[\s_\-]+", "", header).lower()


_ID = {"sourced_id": ("sourcedId",), "status": ("status",)}
TABLES = {
    table.name: table
    for table in (
        _table(
            "orgs",
            "stage_org",
            ("sourced_id", "name"),
            {**_ID, "name": ("name",), "kind": ("type",), "identifier": ("identifier",), "parent": ("parentSourcedId",)},
        ),
        _table(
            "academicSessions",
            "stage_term",
            ("sourced_id", "begins", "ends"),
            {**_ID, "title": ("title",), "kind": ("type",), "begins": ("startDate",), "ends": ("endDate",), "parent": ("parentSourcedId",)},
        ),
        _table(
            "classes",
            "stage_class",
            ("sourced_id", "title", "school"),
            {
                **_ID,
                "title": ("title",),
                "kind": ("classType",),
                "course": ("courseSourcedId",),
                "school": ("schoolSourcedId",),
                "terms": ("termSourcedIds", "termSourcedId"),
                "subjects": ("subjects", "subject"),
            },
        ),
        _table(
            "users",
            "stage_user",
            ("sourced_id", "given_name", "family_name"),
            {
                **_ID,
                "orgs": ("orgSourcedIds", "orgSourcedId"),
                "primary_org": ("primaryOrgSourcedId",),
                "role": ("role",),
                "username": ("username",),
                "user_ids": ("userIds", "userId"),
                "master_id": ("userMasterIdentifier",),
                "given_name": ("givenName",),
                "middle_name": ("middleName",),
                "family_name": ("familyName",),
                "preferred_given": ("preferredFirstName", "preferredGivenName", "prefferedGivenName"),
                "preferred_family": ("preferredLastName", "preferredFamilyName", "prefferedFamilyName"),
                "pronouns": ("pronouns",),
                "identifier": ("identifier",),
                "email": ("email",),
                "sms": ("sms",),
                "phone": ("phone",),
                "agents": ("agentSourcedIds", "agentSourcedId", "agents"),
                "grades": ("grades", "grade"),
            },
        ),
        _table(
            "roles",
            "stage_role",
            ("person", "role"),
            {
                "status": ("status",),
                "person": ("userSourcedId",),
                "kind": ("roleType",),
                "role": ("role",),
                "ends": ("endDate",),
                "org": ("orgSourcedId", "orgSourcedIds"),
            },
        ),
        _table(
            "enrollments",
            "stage_enrollment",
            ("sourced_id", "class", "person", "role"),
            {
                **_ID,
                "modified": ("dateLastModified", "dataLastModified"),
                "class": ("classSourcedId",),
                "school": ("schoolSourcedId",),
                "person": ("userSourcedId",),
                "role": ("role",),
                "is_primary": ("primary",),
                "begins": ("beginDate", "startDate"),
                "ends": ("endDate",),
            },
            # read past and not used: so that the commonest file can go to the server as it is
            passing=("modified", "school", "is_primary"),
        ),
        _table(
            "demographics",
            "stage_demographic",
            ("sourced_id",),
            {
                "sourced_id": ("sourcedId", "userSourcedId"),
                "status": ("status",),
                "birth_date": ("birthDate", "birthdate"),
                "sex": ("sex", "gender"),
                "native": ("americanIndianOrAlaskaNative",),
                "asian": ("asian",),
                "black": ("blackOrAfricanAmerican",),
                "islander": ("nativeHawaiianOrOtherPacificIslander",),
                "white": ("white",),
                "two_or_more": ("demographicRaceTwoOrMoreRaces",),
                "hispanic": ("hispanicOrLatinoEthnicity",),
                "country": ("countryOfBirthCode",),
                "state": ("stateOfBirthAbbreviation",),
                "city": ("cityOfBirth",),
            },
        ),
    )
}
MANIFEST = "manifest"
# Of the standard, and of no use here: named in the report, never opened.
NOT_USED = (
    "courses", "courseResources", "classResources", "resources", "categories", "lineItems", "lineItemLearningObjectiveIds",
    "lineItemScoreScales", "results", "resultLearningObjectiveIds", "resultScoreScales", "scoreScales", "userProfiles", "userResources",
)  # fmt: skip
FILES = {spelled(name): name for name in (MANIFEST, *TABLES, *NOT_USED)}

# Which elements a delivery holds, by the staging columns that were in it.
ELEMENTS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "users": {
        "name": ("given_name", "middle_name", "family_name"),
        "preferred-name": ("preferred_given", "preferred_family"),
        "pronouns": ("pronouns",),
        "local-id": ("identifier",),
        "state-id": ("master_id", "user_ids"),
        "email": ("email",),
        "username": ("username",),
        "phone": ("phone", "sms"),
        "grade": ("grades",),
        "school": ("orgs", "primary_org"),
        "guardian-name": ("agents",),
    },
    "demographics": {
        "birth-date": ("birth_date",),
        "birth-place": ("city", "state", "country"),
        "gender": ("sex",),
        "ethnicity": ("native", "asian", "black", "islander", "white", "two_or_more", "hispanic"),
    },
    "enrollments": {"schedule": ("class",)},
}


def elements_of(columns: Mapping[str, list[str]]) -> list[str]:
    """Keys of the elements that a delivery holds, given the staging columns of each file."""
    return sorted(
        element for name, held in columns.items() for element, needed in ELEMENTS.get(name, {}).items() if set(needed) & set(held)
    )
