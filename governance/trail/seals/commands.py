"""The parts of `manage.py trail` that seal and verify."""

import json
import sys
from pathlib import Path
from typing import Any

from governance.trail.seals import keys, process, runs, sealer, verify

FAILED = 1
STOPPED = 3


def add(commands: Any) -> None:
    """Add `seal` and `verify` to the subcommands of `manage.py trail`."""
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
    check.add_argument("--asked", action="store_true", help="Do the runs that pages and the night asked for, and keep what they found.")


def run(command: str, options: dict[str, Any], out: Any) -> None:
    """Do `seal` or `verify`. Ends the program with 1 where verifying found something, with 3 where sealing cannot go on."""
    {"seal": _seal, "verify": _verify}[command](options, out)


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
    if options["asked"]:
        while runs.run_next(processes=options["processes"]):
            pass
        return
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
                    "declared_restores": [
                        {"from": restore.first, "to": restore.to, "reason": restore.reason, "at": restore.at.isoformat()}
                        for restore in report.restores
                    ],
                    "findings": found,
                }
            )
        )
    elif report.holds:
        out.write(
            f"The trail holds: {report.entries:,} sealed entries, {report.checkpoints:,} checkpoints, {report.unsealed:,} not sealed yet."
        )
        for departure in report.departures:
            out.write(f"{departure.words}.")
        for restore in report.restores:
            out.write(
                f"Declared restore of {restore.at:%Y-%m-%d %H:%M} UTC ({restore.reason}):"
                f" what was sealed after {restore.first:,} up to {restore.to:,} entries is lost."
            )
    else:
        for finding in report.findings:
            out.write(f"entry {finding.entry}: {finding.what}" if finding.entry is not None else finding.what)
    if not report.holds:
        sys.exit(FAILED)
