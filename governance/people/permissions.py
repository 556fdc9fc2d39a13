"""Which roles hold which permission: the one table."""

from governance.vocabulary import STAFF_ROLES, Permission, Role

HOLDERS: dict[Permission, frozenset[Role]] = {
    Permission.MANAGE_PEOPLE: frozenset({Role.DISTRICT_ADMIN}),
    Permission.MANAGE_DISTRICT: frozenset({Role.DISTRICT_ADMIN}),
    Permission.IMPORT_ROSTER: frozenset({Role.DISTRICT_ADMIN}),
    Permission.SEE_RULES: frozenset({Role.DISTRICT_ADMIN, Role.DATA_STEWARD, Role.COMPLIANCE_OFFICER, Role.LEADER}),
    Permission.MANAGE_RULES: frozenset({Role.DISTRICT_ADMIN, Role.DATA_STEWARD}),
    Permission.DESIGNATE_STEWARDS: frozenset({Role.DISTRICT_ADMIN}),
    Permission.DECIDE_REQUESTS: frozenset({Role.DATA_STEWARD, Role.DISTRICT_ADMIN}),
    Permission.MAKE_REQUESTS: frozenset({Role.TEACHER, Role.COUNSELOR, Role.NURSE, Role.PRINCIPAL}),
    Permission.SEE_STUDENTS: frozenset({Role.TEACHER, Role.COUNSELOR, Role.NURSE, Role.PRINCIPAL}),
    Permission.SEE_OWN_FAMILY: frozenset({Role.GUARDIAN, Role.STUDENT}),
    Permission.RECORD_DISCLOSURES: frozenset({Role.SECRETARY, Role.DISTRICT_ADMIN, Role.DATA_STEWARD}),
    Permission.SEE_DISCLOSURES: frozenset({Role.SECRETARY, Role.DISTRICT_ADMIN, Role.DATA_STEWARD, Role.COMPLIANCE_OFFICER}),
    Permission.SEARCH_TRAIL: frozenset({Role.COMPLIANCE_OFFICER}),
    Permission.SEE_STATUS: frozenset({Role.DISTRICT_ADMIN, Role.COMPLIANCE_OFFICER, Role.LEADER}),
    Permission.REGISTER_FAMILY_PAPERS: frozenset({Role.SECRETARY}),
    Permission.SEE_SETUP: frozenset({Role.DISTRICT_ADMIN, Role.LEADER}),
    Permission.SECOND_KEY: frozenset({Role.DISTRICT_ADMIN, Role.LEADER}),
    Permission.MANAGE_SEALS: frozenset({Role.DISTRICT_ADMIN}),
    Permission.FIND_TOOLS: STAFF_ROLES,
    Permission.ASK_FOR_TOOLS: frozenset({Role.TEACHER, Role.COUNSELOR, Role.NURSE, Role.PRINCIPAL}),
    Permission.MANAGE_PROVIDERS: frozenset({Role.DISTRICT_ADMIN, Role.DATA_STEWARD}),
    Permission.SIGN_AGREEMENTS: frozenset({Role.DISTRICT_ADMIN, Role.LEADER}),
    Permission.REVIEW_TOOLS: frozenset({Role.DISTRICT_ADMIN, Role.DATA_STEWARD}),
    Permission.ASK_FAMILIES: frozenset(
        {Role.TEACHER, Role.COUNSELOR, Role.NURSE, Role.PRINCIPAL, Role.SECRETARY, Role.DISTRICT_ADMIN, Role.DATA_STEWARD}
    ),
    Permission.ACT_FOR_PROVIDER: frozenset({Role.PROVIDER_CONTACT}),
    Permission.SEE_CLOCKS: frozenset({Role.INCIDENT_LEAD, Role.DISTRICT_ADMIN, Role.COMPLIANCE_OFFICER, Role.LEADER, Role.DATA_STEWARD}),
    Permission.SEE_INCIDENTS: frozenset({Role.INCIDENT_LEAD, Role.DISTRICT_ADMIN, Role.COMPLIANCE_OFFICER, Role.LEADER}),
    Permission.HANDLE_INCIDENTS: frozenset({Role.INCIDENT_LEAD, Role.DISTRICT_ADMIN, Role.COMPLIANCE_OFFICER, Role.LEADER}),
    Permission.HANDLE_SAFETY_REPORTS: frozenset({Role.COUNSELOR, Role.LEADER}),
    Permission.HANDLE_ALERTS: frozenset({Role.COMPLIANCE_OFFICER, Role.DISTRICT_ADMIN, Role.LEADER}),
    # Apart from SEARCH_TRAIL, so that a page shows an outside auditor something only where it asks for their scope.
    Permission.AUDIT_READ: frozenset({Role.AUDITOR}),
    Permission.INVITE_AUDITORS: frozenset({Role.DISTRICT_ADMIN, Role.COMPLIANCE_OFFICER}),
    Permission.SEE_RETENTION: frozenset({Role.DISTRICT_ADMIN, Role.COMPLIANCE_OFFICER, Role.LEADER, Role.AUDITOR}),
    Permission.MANAGE_RETENTION: frozenset({Role.DISTRICT_ADMIN, Role.COMPLIANCE_OFFICER}),
}

# A second factor is required of everyone who can decide, export or administer (design.md section 8).
SECOND_FACTOR_ROLES: frozenset[Role] = frozenset(
    {
        Role.DISTRICT_ADMIN,
        Role.DATA_STEWARD,
        Role.COMPLIANCE_OFFICER,
        Role.INCIDENT_LEAD,
        Role.LEADER,
        Role.PRINCIPAL,
        Role.SECRETARY,
        Role.AUDITOR,
        Role.PROVIDER_CONTACT,
    }
)

# Who holds one of these gives roles, confirms as the second person, or watches who watches: two people give it.
TWO_KEY_ROLES: frozenset[Role] = frozenset({Role.DISTRICT_ADMIN, Role.COMPLIANCE_OFFICER, Role.LEADER, Role.AUDITOR})

# Given with a scope by `governance.auditors`, never from the people page.
SCOPED_ROLES: frozenset[Role] = frozenset({Role.AUDITOR})

# Roles that come from the roster or from the school office's codes, never from the people page.
FAMILY_ROLES: frozenset[Role] = frozenset({Role.GUARDIAN, Role.STUDENT})

assert set(HOLDERS) == set(Permission)
assert SECOND_FACTOR_ROLES.isdisjoint(FAMILY_ROLES)


def holds(roles: frozenset[Role] | set[Role], permission: Permission) -> bool:
    """True if one of `roles` holds `permission`."""
    return bool(HOLDERS[permission] & roles)
