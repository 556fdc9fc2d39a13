"""The containers' file and secrets, without an engine."""

import copy
import json
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from portal.run import container_secrets
from tests.check_compose import GIVEN, faults_of, resolved

TOP = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def model():
    code, said = resolved(**GIVEN)
    assert code == 0, said
    return json.loads(said)


def test_the_file_keeps_the_promises(model):
    assert faults_of(model) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda m: m["services"]["postgres"].update(ports=[{"host_ip": "127.0.0.1"}]), "only web may be"),
        (lambda m: m["services"]["web"]["ports"][0].update(host_ip="0.0.0.0"), "beyond this machine"),
        (lambda m: m["services"]["web"]["secrets"].append({"source": "PORTAL_OWNER_DATABASE_URL"}), "owner's credentials"),
        (lambda m: m["services"]["worker"]["secrets"].append({"source": "PORTAL_KEEPER_DATABASE_URL"}), "keeper's credentials"),
        (lambda m: m["services"]["web"]["environment"].update(DATABASE_URL="postgresql://a:b@c/d"), "with a password"),
        (lambda m: m["services"]["web"].update(read_only=False), "may write"),
        (lambda m: m["services"].pop("beat"), "The services are"),
        (lambda m: m["services"]["web"]["volumes"].append({"type": "volume", "source": "seal", "target": "/seal"}), "the sealing key"),
        (lambda m: m["services"]["web"]["secrets"].append({"source": "PORTAL_SEALER_DATABASE_URL"}), "sealer's credentials"),
        (lambda m: m["services"]["postgres"].update(image="postgres:16"), "not PostgreSQL 18"),
    ],
)
def test_the_check_finds(model, change, words):
    changed = copy.deepcopy(model)
    change(changed)
    assert any(words in fault for fault in faults_of(changed)), faults_of(changed)


def test_every_mounted_file_is_made(model, tmp_path):
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(TOP / "portal/run/container_secrets.py"), str(tmp_path / "secrets")],
        capture_output=True,
        text=True,
        check=True,
    )
    made = {file.name for file in (tmp_path / "secrets").iterdir()}
    assert {Path(secret["file"]).name for secret in model["secrets"].values()} == made
    text = "".join(file.read_text() for file in (tmp_path / "secrets").iterdir())
    password = (tmp_path / "secrets" / "owner_password").read_text()
    assert urlsplit((tmp_path / "secrets" / "PORTAL_OWNER_DATABASE_URL").read_text()).password == password
    assert password not in done.stdout and text.count(password) == 2


def test_made_again_nothing_changes_and_half_a_set_is_refused(tmp_path, capsys):
    folder = tmp_path / "secrets"
    assert container_secrets.main(folder) == 0
    before = {file.name: file.read_text() for file in folder.iterdir()}
    assert container_secrets.main(folder) == 0
    assert {file.name: file.read_text() for file in folder.iterdir()} == before
    (folder / "REDIS_URL").unlink()
    assert container_secrets.main(folder) == 1
    assert "has only" in capsys.readouterr().out
