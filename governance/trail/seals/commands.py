"""The parts of `manage.py trail` that seal and verify."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from governance.trail.seals import keys, process, sealer, verify

FAILED = 1
STOPPED = 3


def add(commands: Any) -> None:
    """Add `seal`, `verify` and `key` to the subcommands of `manage.py trail`."""
    seal = commands.add_parser("seal", help="Seal what is committed, once or for ever.")
    seal.add_argument("--forever", action="store_true", help="Go on until stopped.")
    seal.add_argument("--make-first-key", action="store_true", help="Make the signing key where this trail has never had one.")
    seal.add_argument("--seconds", type=float, default=10.0, help="With --forever: the time between two looks.")
    seal.add_argument("--json", action="store_true")
    check = commands.add_parser("verify", help="Recompute the whole trail; exit 1 names the first entry that does not hold.")
    check.add_argument(
        "--checkpoint", action="append", default=[], metavar="FILE", help="A checkpoint that was kept outside; may be given again."
    )
    check.add_argument("--key", metavar="HEX", help="The public key as it is known outside.")
    check.add_argument("--processes", type=int, default=2)
    check.add_argument("--json", action="store_true")
    key = commands.add_parser("key", help="The signing key: make the first one, or a new one in its place.")
    key.add_argument("--new", action="store_true", help="Make a key where there is none; with --because, in place of the present one.")
    key.add_argument("--because", default="", help="Why a new one is made: rotation, or lost.")


def run(command: str, options: dict[str, Any], out: Any) -> None:
    """Do `seal`, `verify` or `key`. Ends the program with 1 where verifying found something, with 3 where sealing cannot go on."""
    {"seal": _seal, "verify": _verify, "key": _key}[command](options, out)


def _seal(options: dict[str, Any], out: Any) -> None:
    try:
        if options["make_first_key"]:
            process.make_first_key()
        if options["forever"]:
            process.run_for_ever(seconds=options["seconds"])
            return
        done = process.run_once()
    except (sealer.CannotSeal, keys.NoKey) as refusal:
        out.write(json.dumps({"sealed": False, "because": str(refusal)}) if options["json"] else f"Sealing stopped: {refusal}")
        sys.exit(STOPPED)
    words = {"sealed": True, "entries": done.entries, "size": done.size}
    out.write(json.dumps(words) if options["json"] else f"Sealed {done.entries} entries; the tree holds {done.size}.")


def _verify(options: dict[str, Any], out: Any) -> None:
    kept = [Path(name).read_text(encoding="utf-8") for name in options["checkpoint"]]
    shown = sys.stderr.isatty() and not options["json"]

    def progress(done: int, total: int) -> None:
        if shown:
            sys.stderr.write(f"\r{done:,} of {total:,} entries")

    report = verify.verify(
        kept=kept, public_key=bytes.fromhex(options["key"]) if options["key"] else None, processes=options["processes"], progress=progress
    )
    if shown:
        sys.stderr.write("\n")
    if options["json"]:
        found = [{"entry": finding.entry, "what": finding.what} for finding in report.findings]
        out.write(
            json.dumps(
                {
                    "holds": report.holds,
                    "entries": report.entries,
                    "checkpoints": report.checkpoints,
                    "unsealed": report.unsealed,
                    "findings": found,
                }
            )
        )
    elif report.holds:
        out.write(
            f"The trail holds: {report.entries:,} sealed entries, {report.checkpoints:,} checkpoints, {report.unsealed:,} not sealed yet."
        )
    else:
        for finding in report.findings:
            out.write(f"entry {finding.entry}: {finding.what}" if finding.entry is not None else finding.what)
    if not report.holds:
        sys.exit(FAILED)


def _key(options: dict[str, Any], out: Any) -> None:
    try:
        keys.load()
        is_there = True
    except keys.NoKey:
        is_there = False
    if not options["new"]:
        out.write(f"There is a signing key in {keys.folder()}." if is_there else f"There is no signing key in {keys.folder()}.")
        return
    if is_there and not options["because"]:
        raise argparse.ArgumentTypeError("There is a key already. Say why it gets another: --because rotation")
    key = keys.make()
    sealer.announce_key(key=key, origin=process.origin(), because=options["because"] or "first")
    out.write("A new signing key was made and announced. Keep a copy of it where nobody works.")
