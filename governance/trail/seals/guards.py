"""The guards around the trail, looked up in the catalogue: triggers that stand, rights that are no wider, months without a gap."""

import re
from typing import Any

from django.db import connections

from governance.trail.seals import departed

TABLES_OF_SEALS = ("public_key", "epoch", "root", "batch", "tile", "checkpoint")
TABLES_THAT_ONLY_GROW = (*TABLES_OF_SEALS, "declaration", "refusal", "verify_request")
# Who may do what to the trail and its seals; anything more is a widened right. (The owner is left out: it may do everything.)
RIGHTS = {
    ("trail.entry", "portal_sealer"): {"SELECT"},
    ("trail.entry", "portal_door"): {"SELECT", "INSERT"},
    **{("retention.departed", login): {"SELECT"} for login in ("portal_app", "portal_keeper", "portal_sealer", "portal_door")},
    **{(f"seal.{table}", "portal_sealer"): {"SELECT", "INSERT"} for table in TABLES_OF_SEALS},
    **{(f"seal.{table}", login): {"SELECT"} for table in TABLES_OF_SEALS for login in ("portal_app", "portal_door")},
    ("seal.edge", "portal_sealer"): {"SELECT", "INSERT", "UPDATE"},
    ("seal.edge", "portal_app"): {"SELECT"},
    ("seal.edge", "portal_door"): {"SELECT"},
    ("seal.turn", "portal_sealer"): {"SELECT", "UPDATE"},
    **{(f"seal.{table}", "portal_app"): {"SELECT", "INSERT"} for table in ("declaration", "verify_request")},
    **{(f"seal.{table}", "portal_sealer"): {"SELECT"} for table in ("declaration", "verify_request")},
    ("seal.refusal", "portal_app"): {"SELECT"},
    ("seal.refusal", "portal_sealer"): {"SELECT", "INSERT"},
    ("seal.verify_run", "portal_app"): {"SELECT"},
    ("seal.verify_run", "portal_sealer"): {"SELECT", "INSERT", "UPDATE"},
    **{(f"seal.{table}", "portal_door"): {"SELECT"} for table in ("declaration", "refusal", "verify_request", "verify_run")},
}
NOT_INSERTABLE = {
    "id",
    "timestamp",
    "xid",
    "nonce",
    "login",
    "object_repr",
    "serialized_data",
    "changes_text",
    "actor_email",
    "remote_port",
    "held",
    "held_until",
    "key_hash",
}


def faults(*, using: str) -> list[str]:
    """What is wrong with the guards, in words; empty where they stand."""
    with connections[using].cursor() as cursor:
        return [*_triggers(cursor), *_partitions(cursor), *_rights(cursor), *_columns(cursor), *_powers(cursor)]


def _triggers(cursor: Any) -> list[str]:
    cursor.execute(
        """SELECT c.oid::regclass::text, n.nspname, c.relname, c.relkind,
             array_agg(t.tgname || ':' || t.tgenabled::text ORDER BY t.tgname) FILTER (WHERE t.tgname IS NOT NULL)
           FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_trigger t ON t.tgrelid = c.oid AND NOT t.tgisinternal
           WHERE (n.nspname = 'trail' AND c.relname = 'entry') OR (n.nspname = 'trail_parts' AND c.relkind = 'r')
             OR (n.nspname = 'seal' AND c.relname = ANY (%s)) OR (n.nspname = 'retention' AND c.relname = 'departed') GROUP BY 1, 2, 3, 4""",
        [list(TABLES_THAT_ONLY_GROW)],
    )
    found = []
    for name, _, _, _, triggers in cursor.fetchall():
        needed = {"append_only", "append_only_all"}
        states = dict(trigger.rsplit(":", 1) for trigger in triggers or ())
        found += [f"{name}: the trigger {trigger} is missing" for trigger in sorted(needed - states.keys())]
        found += [
            f"{name}: the trigger {trigger} is switched off" for trigger in sorted(needed & states.keys()) if states[trigger] not in "OA"
        ]
    return found


def _partitions(cursor: Any) -> list[str]:
    cursor.execute(
        """SELECT c.relname, n.nspname, pg_get_expr(c.relpartbound, c.oid) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
           JOIN pg_namespace n ON n.oid = c.relnamespace WHERE i.inhparent = 'trail.entry'::regclass ORDER BY c.relname"""
    )
    found, end_before = [], None
    attached = set()
    for name, schema, bound in cursor.fetchall():
        attached.add(name)
        limits = re.findall(r"'([^']+)'", bound or "")
        if schema != "trail_parts" or len(limits) != 2:
            found.append(f"{schema}.{name} is no month of the trail, but belongs to it")
            continue
        if end_before is not None and limits[0] != end_before and not departed.told(cursor, end_before, limits[0]):
            found.append(f"between {end_before} and {limits[0]} a month of the trail is missing")
        end_before = limits[1]
    cursor.execute(
        "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'trail_parts' AND c.relkind = 'r'"
    )
    found += [f"trail_parts.{name} was taken out of the trail" for (name,) in cursor.fetchall() if name not in attached]
    return found


def _rights(cursor: Any) -> list[str]:
    cursor.execute(
        """SELECT n.nspname || '.' || c.relname, coalesce(r.rolname, 'everybody'), array_agg(DISTINCT a.privilege_type)
           FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, aclexplode(c.relacl) a LEFT JOIN pg_roles r ON r.oid = a.grantee
           WHERE n.nspname IN ('trail', 'trail_parts', 'seal', 'retention') AND c.relkind IN ('r', 'p') AND a.grantee <> c.relowner
           GROUP BY 1, 2 ORDER BY 1, 2"""
    )
    found = []
    for table, login, rights in cursor.fetchall():
        more = set(rights) - RIGHTS.get((table, login), set())
        if more:
            found.append(f"{login} may {', '.join(sorted(more))} on {table}, which nobody but the owner should")
    return found


def _columns(cursor: Any) -> list[str]:
    cursor.execute(
        """SELECT attname, r.rolname, x.privilege_type FROM pg_attribute a, aclexplode(a.attacl) x JOIN pg_roles r ON r.oid = x.grantee
           WHERE a.attrelid = 'trail.entry'::regclass"""
    )
    found = []
    for column, login, right in cursor.fetchall():
        allowed = column in {"id", "timestamp"} if right == "SELECT" else right == "INSERT" and column not in NOT_INSERTABLE
        if not allowed:
            found.append(f"{login} may {right} the column {column} of the trail")
    return found


def _powers(cursor: Any) -> list[str]:
    cursor.execute(
        """SELECT rolname FROM pg_roles WHERE rolname IN ('portal_app', 'portal_keeper', 'portal_sealer', 'portal_door')
           AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolreplication OR (rolname = 'portal_door' AND rolcanlogin))"""
    )
    found = [f"the login {name} has powers that it should not have" for (name,) in cursor.fetchall()]
    cursor.execute(
        """SELECT m.rolname, g.rolname FROM pg_auth_members a JOIN pg_roles m ON m.oid = a.member JOIN pg_roles g ON g.oid = a.roleid
           WHERE m.rolname IN ('portal_app', 'portal_keeper', 'portal_sealer')"""
    )
    return found + [f"the login {member} was made a member of {group}" for member, group in cursor.fetchall()]
