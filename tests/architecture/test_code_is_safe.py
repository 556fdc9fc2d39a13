"""What our own code never does, read from the code: run text as a program, build a template, an expression or a query from what people typed,
speak to the outside, or make a key from a poor random number.
"""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

TOP = Path(settings.BASE_DIR)
FILES = [path for package in ("portal", "governance", "vendors", "breaches") for path in sorted((TOP / package).rglob("*.py"))]
TREES = {str(path.relative_to(TOP)): ast.parse(path.read_text(encoding="utf-8")) for path in FILES}
TEMPLATES = [path for path in sorted((TOP / "templates").rglob("*")) if path.is_file()]
SCRIPTS = sorted((TOP / "static" / "js").rglob("*.js"))


def calls() -> Iterator[tuple[str, ast.Call, str]]:
    """Every call with its file and the name that is called: `re.compile`, `open`."""
    for file, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                yield file, node, ast.unparse(node.func)


def imported() -> dict[str, set[str]]:
    """File -> every module that it imports, whole and with the name taken from it."""
    found: dict[str, set[str]] = {}
    for file, tree in TREES.items():
        names = found.setdefault(file, set())
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                names.update(each.name for each in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                names.update({node.module, *(f"{node.module}.{each.name}" for each in node.names)})
    return found


IMPORTED = imported()


def who_imports(*modules: str) -> set[str]:
    """The files that import one of the modules or something below it."""
    return {
        file for file, names in IMPORTED.items() if any(name == each or name.startswith(f"{each}.") for name in names for each in modules)
    }


# -- Nothing typed is run --------------------------------------------------------------------------------------------------


def test_no_text_is_run_as_a_program() -> None:
    forbidden = {"eval", "exec", "compile", "__import__", "os.system", "os.popen", "pickle.loads", "marshal.loads", "yaml.load"}
    assert {(file, name) for file, _, name in calls() if name in forbidden} == set()
    assert who_imports("pickle", "marshal", "shelve", "yaml", "dill") == set()


def test_modules_are_not_chosen_by_what_somebody_sent() -> None:
    """Loading by name happens once, and the name is the settings'."""
    loads = {
        (file, ast.unparse(call.args[0]))
        for file, call, name in calls()
        if name in ("import_module", "importlib.import_module", "import_string")
    }
    assert loads == {("portal/base/shelf.py", "settings.PUBLIC_PAGES")}


def test_programs_are_started_from_lists_and_never_through_a_shell() -> None:
    """By the rooms that typeset, by the trail's own check and by what starts the servers."""
    starting = who_imports("subprocess")
    assert {file for file in starting if not file.startswith("portal/run/")} == {
        "portal/base/management/commands/vendor_static.py",
        "governance/exports/typesetting.py",
        "governance/trail/seals/runs.py",
        "breaches/letters/typesetting.py",
    }
    for file, call, name in calls():
        if name in ("subprocess.run", "subprocess.Popen", "subprocess.check_output", "subprocess.check_call"):
            assert not isinstance(call.args[0], ast.Constant | ast.JoinedStr), f"{file}:{call.lineno}"
            assert not any(keyword.arg == "shell" for keyword in call.keywords), f"{file}:{call.lineno}"


def test_templates_come_from_files_alone() -> None:
    """No template is made from a text, so nobody's text is read as one. The catalogue's reader takes templates apart and renders none."""
    makers = {(file, name) for file, _, name in calls() if re.search(r"(^|\.)(Template|from_string|Environment)$", name)}
    assert {file for file, _ in makers} <= {"portal/base/words.py"}


def pieces(node: ast.expr) -> Iterator[ast.expr]:
    """What a text is put together from."""
    if isinstance(node, ast.JoinedStr):
        for part in node.values:
            yield from pieces(part.value if isinstance(part, ast.FormattedValue) else part)
    elif isinstance(node, ast.BinOp):
        yield from (*pieces(node.left), *pieces(node.right))
    elif isinstance(node, ast.IfExp):
        yield from (*pieces(node.body), *pieces(node.orelse))
    else:
        yield node


def is_ours(node: ast.expr) -> bool:
    """A text that stands here, or the name of one."""
    return isinstance(node, ast.Constant) or re.fullmatch(r"(\w+\.)?_?[A-Z][A-Z0-9_]*", ast.unparse(node)) is not None


def test_a_pattern_is_written_here_and_not_put_together_from_what_people_typed() -> None:
    """Or what is put in is escaped."""
    wrong = []
    for file, call, name in calls():
        if re.fullmatch(r"re\.(compile|match|search|fullmatch|sub|subn|split|findall|finditer)", name) and call.args:
            typed = [part for part in pieces(call.args[0]) if not is_ours(part) and not ast.unparse(part).startswith("re.escape(")]
            wrong += [f"{file}:{call.lineno} {ast.unparse(part)}" for part in typed]
    assert wrong == []


def test_no_text_of_a_person_is_a_format_string() -> None:
    """`format` is called on constants, on SQL that is composed with quoting, and on texts of the reference data alone."""
    own = {
        "portal/pages/public/present.py": {"_text(clock.words, language)"},
        "vendors/ends/notices.py": {"place"},
        "breaches/notices/drafts.py": {"text['subject']", "words"},
    }
    wrong = []
    for file, call, name in calls():
        if isinstance(call.func, ast.Attribute) and call.func.attr in ("format", "format_map") and file != "portal/base/words.py":
            owner = ast.unparse(call.func.value)
            if not (is_ours(call.func.value) or owner.startswith("SQL(") or owner in own.get(file, ()) or "/migrations/" in file):
                wrong.append(f"{file}:{call.lineno} {name}")
    assert wrong == []


# -- What reaches a page is escaped there, last ----------------------------------------------------------------------------


def test_nothing_is_marked_as_safe_but_what_templates_made() -> None:
    assert {file for file, _, name in calls() if name.split(".")[-1] in ("mark_safe", "SafeString", "SafeText")} == {
        "portal/base/templatetags/portal.py"
    }
    formatted = [call for _, call, name in calls() if name == "format_html"]
    assert formatted and all(isinstance(call.args[0], ast.Constant) for call in formatted)


def test_templates_of_pages_escape_everything() -> None:
    """Only plain texts (mails, a file to read) are written as they are. Help of a field is ours: no form takes it from a person."""
    for path in TEMPLATES:
        if path.suffix == ".html":
            text = path.read_text(encoding="utf-8")
            assert "autoescape off" not in text, path
            assert set(re.findall(r"([\w.]+)\|safe\b", text)) <= {"field.help_text"}, path


def test_pages_hold_no_plugins_and_our_scripts_make_no_markup_and_keep_nothing() -> None:
    for path in TEMPLATES:
        if path.suffix == ".html":
            assert not re.search(r"<(object|embed|applet|iframe|frame|marquee)\b", path.read_text(encoding="utf-8")), path
    forbidden = (
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|localStorage|sessionStorage|indexedDB|document\.cookie"
        r"|__proto__|Object\.assign|JSON\.parse|for\s*\(\s*(var|let|const)?\s*\w+\s+in\b|onpaste|postMessage"
    )
    assert SCRIPTS
    for path in SCRIPTS:
        assert not re.search(forbidden, path.read_text(encoding="utf-8")), path


def test_no_field_forbids_to_paste() -> None:
    for path in TEMPLATES:
        assert not re.search(r"onpaste|oncopy|autocomplete=\"off\"", path.read_text(encoding="utf-8")), path


# -- Forms take what they name ---------------------------------------------------------------------------------------------


def test_a_form_of_a_model_names_its_fields() -> None:
    found = 0
    for file, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef) and any(ast.unparse(base).endswith("ModelForm") for base in node.bases):
                meta = next(each for each in node.body if isinstance(each, ast.ClassDef) and each.name == "Meta")
                assigned = {
                    target.id: each.value
                    for each in meta.body
                    if isinstance(each, ast.Assign)
                    for target in each.targets
                    if isinstance(target, ast.Name)
                }
                assert "exclude" not in assigned and isinstance(assigned["fields"], ast.List | ast.Tuple), f"{file} {node.name}"
                found += 1
    assert found


def test_what_was_sent_is_not_written_field_by_field_by_its_own_names() -> None:
    """No `Model(**request.POST)`, and no setattr with a name that was sent."""
    wrong = [
        f"{file}:{call.lineno}"
        for file, call, name in calls()
        if any(keyword.arg is None and "request." in ast.unparse(keyword.value) for keyword in call.keywords)
        or (name == "setattr" and "request" in ast.unparse(call))
    ]
    assert wrong == []


# -- Outside ---------------------------------------------------------------------------------------------------------------

# Who opens a line, and to what. Addresses come from the settings, never from a person.
SPEAK = {
    "portal/base/scanner.py": "the virus scanner of PORTAL_SCANNER",
    "portal/run/__main__.py": "this machine's own port, to see whether the portal answers",
    "portal/run/supervise.py": "the supervisor's socket on this machine",
}


def test_nothing_is_fetched_from_an_address_that_somebody_gave() -> None:
    """Besides PostgreSQL, Redis and the mail server, whose clients take their addresses from the settings."""
    network = (
        "socket",
        "ssl",
        "http.client",
        "urllib.request",
        "xmlrpc",
        "ftplib",
        "asyncio",
        "requests",
        "httpx",
        "urllib3",
        "aiohttp",
        "telnetlib",
    )
    assert who_imports(*network) == set(SPEAK)
    speaks = {(file, name) for file, _, name in calls() if re.fullmatch(r"(smtplib\.)?(SMTP|SMTP_SSL|LMTP)", name)}
    assert speaks == set(), "mail goes by Django's backends"
    installed = (TOP / "requirements.in").read_text(encoding="utf-8").lower()
    assert not re.search(r"^(requests|httpx|aiohttp|urllib3|lxml|pyyaml)\b", installed, re.MULTILINE)


def test_no_xml_is_read() -> None:
    assert who_imports("xml", "lxml", "defusedxml", "bs4", "openpyxl") == set()


# -- Keys and chance -------------------------------------------------------------------------------------------------------


def test_chance_comes_from_the_system() -> None:
    """`random` makes the demo district alone, which has to come out the same each time."""
    assert {file for file in who_imports("random") if not file.startswith("portal/pages/demo/")} == set()


def test_hashes_ciphers_and_signatures_are_approved_ones_of_known_libraries() -> None:
    """SHA-256 and longer; AES-GCM, HKDF and Ed25519 of `cryptography`. One block of AES names an entry; SHA-1 looks a password up in a list."""
    used = {(file, name.removeprefix("hashlib.")) for file, _, name in calls() if re.fullmatch(r"hashlib\.\w+", name)}
    assert {name for _, name in used} <= {"sha256", "sha384", "sha512", "file_digest", "sha1"}
    assert {file for file, name in used if name == "sha1"} == {"governance/people/passwords.py"}
    from_cryptography = {name for names in IMPORTED.values() for name in names if name.startswith("cryptography.hazmat")}
    assert {name.rsplit(".", 1)[-1] for name in from_cryptography} <= {
        "primitives", "hashes", "aead", "AESGCM", "hkdf", "HKDF", "ed25519", "Ed25519PrivateKey", "Ed25519PublicKey", "ciphers", "Cipher", "algorithms", "modes",
        "serialization", "load_pem_private_key",
    }  # fmt: skip
    modes = {
        (file, ast.unparse(node))
        for file, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and ast.unparse(node).startswith("modes.")
    }
    assert modes == {("governance/trail/addresses.py", "modes.ECB")}
    digests = {
        ast.unparse(node)
        for tree in TREES.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and ast.unparse(node).startswith("hashes.")
    }
    assert digests == {"hashes.SHA256"}
    assert who_imports("Crypto", "nacl", "rsa", "ecdsa", "jwt", "jose") == set()


# -- What is shipped -------------------------------------------------------------------------------------------------------


def test_every_package_is_pinned_by_its_hash() -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        lines = (TOP / name).read_text(encoding="utf-8").splitlines()
        packages = [line for line in lines if line and not line.startswith((" ", "#"))]
        assert len(packages) > 20
        assert all(re.match(r"[\w.\[\],-]+==[\w.!+]+( ;.*)? \\$", line) for line in packages), name
        assert not re.search(r"^(-e|git\+|https?:)", "\n".join(lines), re.MULTILINE)
    assert json.loads((TOP / "static" / "vendor" / "MANIFEST.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("kept_out", [".git", "tests", "docs", "var", "requirements-dev.txt", "."])
def test_an_image_holds_what_runs_and_nothing_else(kept_out: str) -> None:
    """Folders are copied by name, and neither history nor tests are among them."""
    copied = re.findall(r"^COPY (?:--from=\w+ )?(\S+) ", (TOP / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
    assert "portal" in copied and kept_out not in copied
