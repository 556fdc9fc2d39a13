"""Fetches what the browser gets that others wrote: pinned here, kept with licence and digest under static/vendor/."""

import base64
import hashlib
import json
import subprocess  # nosec: npm, with arguments from this file
import tarfile
import tempfile
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from portal.base.icons import ICONS, sprite

VENDOR = settings.BASE_DIR / "static" / "vendor"
MANIFEST = VENDOR / "MANIFEST.json"

# package, version, licence, and which of its files (path in the package -> name here)
PACKAGES: list[tuple[str, str, str, dict[str, str]]] = [
    ("bootstrap", "5.3.9", "MIT", {"LICENSE": "LICENSE", "dist/css/bootstrap.css": "bootstrap.css"}),
    ("htmx.org", "4.0.1", "0BSD", {"LICENSE": "LICENSE", "dist/htmx.min.js": "htmx.min.js"}),
    (
        "@fontsource-variable/public-sans",
        "5.3.0",
        "OFL-1.1",
        {
            "LICENSE": "LICENSE",
            **{f"files/public-sans-{part}-wght-normal.woff2": f"public-sans-{part}.woff2" for part in ("latin", "latin-ext", "vietnamese")},
        },
    ),
    ("bootstrap-icons", "1.13.2", "MIT", {"LICENSE": "LICENSE", **{f"icons/{name}.svg": f"{name}.svg" for name in ICONS}}),
]
FOLDERS = {"htmx.org": "htmx", "@fontsource-variable/public-sans": "public-sans", "bootstrap-icons": "icons"}


class Command(BaseCommand):
    """Needs npm and the network; the portal itself needs neither."""

    requires_system_checks: list[str] = []

    help = "Fetch the pinned browser files again and rewrite static/vendor/MANIFEST.json"

    def handle(self, *args: Any, **options: Any) -> None:
        known = {entry["package"]: entry for entry in json.loads(MANIFEST.read_text())["packages"]} if MANIFEST.exists() else {}
        entries = [fetch(*package, known=known.get(package[0])) for package in PACKAGES]
        MANIFEST.write_text(json.dumps({"packages": entries}, indent=2) + "\n")
        (settings.BASE_DIR / "static" / "img" / "icons.svg").write_text(sprite(VENDOR / "icons"))
        self.stdout.write(f"{len(entries)} packages, {sum(len(entry['files']) for entry in entries)} files. Now run: manage.py make_css")


def fetch(package: str, version: str, licence: str, files: dict[str, str], *, known: dict[str, Any] | None) -> dict[str, Any]:
    """Put the files of one package in its folder and return its manifest entry. Raises CommandError if a known version has changed."""
    folder = VENDOR / FOLDERS.get(package, package)
    with tempfile.TemporaryDirectory() as scratch:
        packed = subprocess.run(  # nosec: npm, with arguments from this file
            ["npm", "pack", "--silent", "--pack-destination", scratch, f"{package}@{version}"],
            check=False,
            capture_output=True,
            text=True,
        )
        if packed.returncode:
            raise CommandError(f"npm could not fetch {package} {version}: {packed.stderr.strip()}")
        archive = next(Path(scratch).glob("*.tgz"))
        integrity = "sha512-" + base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
        if known and known["version"] == version and known["integrity"] != integrity:
            raise CommandError(f"{package} {version} is not what it was when it was first fetched: nothing was written")
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.iterdir():
            old.unlink()
        digests = {}
        with tarfile.open(archive) as tar:
            for source, name in sorted(files.items()):
                member = tar.extractfile(f"package/{source}")
                if member is None:
                    raise CommandError(f"{package} {version} has no file {source}")
                content = without_source_map(member.read()) if name.endswith((".css", ".js")) else member.read()
                (folder / name).write_bytes(content)
                digests[name] = hashlib.sha256(content).hexdigest()
    return {"package": package, "version": version, "licence": licence, "integrity": integrity, "folder": folder.name, "files": digests}


def without_source_map(content: bytes) -> bytes:
    """The file without its last line, where that names a source map: the map is not kept, and the static storage would look for it."""
    lines = content.rstrip().split(b"\n")
    return (b"\n".join(lines[:-1] if b"sourceMappingURL" in lines[-1] else lines)) + b"\n"
