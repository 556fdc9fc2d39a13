"""Holds docker-compose.yml against Compose's own reading of it, and against what the portal promises of its services. Needs no engine."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

TOP = Path(__file__).resolve().parents[1]
COMPOSE = Path(sys.executable).parent / "docker-compose"
OWNER_SECRETS = {"PORTAL_OWNER_DATABASE_URL", "owner_password"}
KEEPER_SECRET, SEALER_SECRET = "PORTAL_KEEPER_DATABASE_URL", "PORTAL_SEALER_DATABASE_URL"
GIVEN = {
    "PORTAL_BASE_URL": "https://privacy.district.example",
    "PORTAL_HOSTS": "privacy.district.example",
    "PORTAL_FROM_EMAIL": "privacy@district.example",
}


def resolved(**variables: str) -> tuple[int, str]:
    """The file as Compose understands it, as JSON, or its complaint."""
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", **variables}
    done = subprocess.run(
        [str(COMPOSE), "--file", str(TOP / "docker-compose.yml"), "config", "--format", "json"],
        cwd=TOP, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout if done.returncode == 0 else done.stderr


def faults_of(model: dict[str, Any]) -> list[str]:
    """What the file does that it must not, in words."""
    services = model["services"]
    faults = []
    expected = {"postgres", "valkey", "migrate", "web", "worker", "keeper", "sealer", "beat"}
    if set(services) != expected:
        faults.append(f"The services are {sorted(services)}, not {sorted(expected)}.")
    if not services["postgres"]["image"].startswith("postgres:18"):
        faults.append("postgres is not PostgreSQL 18.")
    for name, service in services.items():
        secrets = {secret["source"] for secret in service.get("secrets", [])}
        if service.get("ports") and name != "web":
            faults.append(f"{name} is published; only web may be.")
        if any(port.get("host_ip") != "127.0.0.1" for port in service.get("ports", [])):
            faults.append(f"{name} is published beyond this machine's own address.")
        if secrets & OWNER_SECRETS and name not in {"migrate", "postgres"}:
            faults.append(f"{name} has the owner's credentials.")
        if KEEPER_SECRET in secrets and name not in {"migrate", "keeper"}:
            faults.append(f"{name} has the keeper's credentials.")
        if SEALER_SECRET in secrets and name not in {"migrate", "sealer"}:
            faults.append(f"{name} has the sealer's credentials.")
        if any(volume.get("source") == "seal" for volume in service.get("volumes", [])) and name != "sealer":
            faults.append(f"{name} can read the sealing key.")
        for variable, value in (service.get("environment") or {}).items():
            if "://" in str(value) and "@" in str(value):
                faults.append(f"{name} has an address with a password in its environment variable {variable}.")
        if "portal" in service["image"] and not (service.get("read_only") and service.get("cap_drop") == ["ALL"]):
            faults.append(f"{name} may write to its image or keeps capabilities.")
    for secret, given in model["secrets"].items():
        if "file" not in given:
            faults.append(f"The secret {secret} is no file.")
    return faults


def main() -> int:
    """0 when Compose accepts the file and it keeps the promises."""
    code, said = resolved(**GIVEN)
    if code:
        print(said)
        return 1
    faults = faults_of(json.loads(said))
    code, said = resolved()
    if code == 0:
        faults.append("It starts without PORTAL_BASE_URL, which has no sensible default.")
    print("\n".join(faults))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
