"""Writes the files that docker-compose.yml mounts as secrets: `make secrets`. What is there already stays as it is.

Run by path with any Python 3.11, since the machine that runs the containers may have none of the project's packages.
"""

import secrets
import sys
from pathlib import Path

HOST = "postgres:5432/portal"
LOGINS = {
    "DATABASE_URL": "portal_app",
    "PORTAL_KEEPER_DATABASE_URL": "portal_keeper",
    "PORTAL_SEALER_DATABASE_URL": "portal_sealer",
}
VALKEY = "port 6379\ndir /data\nappendonly yes\nmaxmemory-policy noeviction\nmaxmemory 256mb\nrequirepass {password}\n"


def contents() -> dict[str, str]:
    """A fresh secret for every file; those that go together agree."""
    owner, valkey = secrets.token_hex(24), secrets.token_hex(24)
    return {
        "PORTAL_SECRET_KEY": secrets.token_urlsafe(48),
        **{name: f"postgresql://{login}:{secrets.token_hex(24)}@{HOST}" for name, login in LOGINS.items()},
        "PORTAL_OWNER_DATABASE_URL": f"postgresql://portal_owner:{owner}@{HOST}",
        "owner_password": owner,
        "PORTAL_EMAIL_URL": "file:///var/lib/portal/mail",
        "REDIS_URL": f"redis://:{valkey}@valkey:6379/0",
        "valkey.conf": VALKEY.format(password=valkey),
    }


def main(folder: Path) -> int:
    """Fill `folder`. 1 where it holds some of the files but not all: new ones would not agree with the old."""
    wanted = contents()
    there = {name for name in wanted if (folder / name).exists()}
    if there == set(wanted):
        print(f"{folder}/ has all secrets already. Nothing was changed.")
        return 0
    if there:
        print(f"{folder}/ has only {', '.join(sorted(there))}. Put the missing files back, or move the folder away to begin afresh.")
        return 1
    folder.mkdir(mode=0o700, exist_ok=True)
    folder.chmod(0o700)  # nobody else on this machine gets in; each container sees only the files it is given, under its own account
    for name, text in wanted.items():
        file = folder / name
        file.write_text(text, encoding="utf-8")
        file.chmod(0o444)
    print(f"{folder}/ is filled. Keep a copy of PORTAL_SECRET_KEY and owner_password where the backups are.")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else "secrets")))
