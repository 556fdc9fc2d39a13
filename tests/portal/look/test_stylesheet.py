"""The one stylesheet and the browser files of others."""

import gzip
import hashlib
import json
import re

import pytest
from django.conf import settings

from portal.base.icons import sprite
from portal.base.management.commands.vendor_static import PACKAGES, without_source_map
from portal.base.stylesheet import compose, prune

STATIC = settings.BASE_DIR / "static"
OWN = sorted(file for file in (STATIC / "css").rglob("*.css") if file.name != "portal.css")


def test_it_is_fresh():
    assert (STATIC / "css" / "portal.css").read_text() == compose(STATIC), "run: manage.py make_css"


def test_it_is_small_enough_for_a_slow_line():
    assert len(gzip.compress((STATIC / "css" / "portal.css").read_bytes())) < 20_000


def test_every_file_of_our_own_is_in_it():
    made = (STATIC / "css" / "portal.css").read_text()
    for file in OWN:
        first = re.search(r"\.([\w-]+)", re.sub(r"/\*.*?\*/", "", file.read_text(), flags=re.DOTALL))
        assert first and first[0] in made, file


@pytest.mark.parametrize("file", [file for file in OWN if file.name != "tokens.css"], ids=lambda file: file.name)
def test_colors_are_named_in_the_tokens_alone(file):
    assert not re.findall(r"#[0-9a-fA-F]{3,8}\b|rgba?\(|hsla?\(", file.read_text())


def test_it_asks_for_nothing_from_elsewhere_and_for_nothing_new_phones_alone_have():
    made = (STATIC / "css" / "portal.css").read_text()
    assert not re.findall(r"url\(\"?https?:", made)
    assert ":has(" not in made
    assert "@container" not in made
    assert "data-bs-theme" not in made


def test_pruning_keeps_what_stays_and_drops_what_goes():
    css = ".btn,.modal{color:red}.modal-body{color:blue}[data-bs-theme=dark] .btn{color:white}@media (min-width:1px){.carousel{left:0}}"
    assert prune(css) == ".btn{color:red}@media screen and (prefers-color-scheme:dark){.btn{color:white}}"


def test_the_source_map_line_is_dropped():
    assert without_source_map(b"a{}\n/*# sourceMappingURL=a.css.map */\n") == b"a{}\n"
    assert without_source_map(b"a{}\nb{}\n") == b"a{}\nb{}\n"


def test_the_manifest_tells_every_vendored_file():
    entries = json.loads((STATIC / "vendor" / "MANIFEST.json").read_text())["packages"]
    told = {f"{entry['folder']}/{name}": digest for entry in entries for name, digest in entry["files"].items()}
    kept = {
        file.relative_to(STATIC / "vendor").as_posix(): file
        for file in (STATIC / "vendor").rglob("*")
        if file.is_file() and file.name != "MANIFEST.json"
    }
    assert set(told) == set(kept)
    assert {name: hashlib.sha256(file.read_bytes()).hexdigest() for name, file in kept.items()} == told
    assert {(entry["package"], entry["version"]) for entry in entries} == {(name, version) for name, version, _, _ in PACKAGES}
    assert all("LICENSE" in entry["files"] for entry in entries)


def test_the_sprite_is_made_of_the_vendored_pictures():
    assert (STATIC / "img" / "icons.svg").read_text() == sprite(STATIC / "vendor" / "icons")
