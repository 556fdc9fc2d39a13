"""A program of its own, so that the memory which setting takes goes with it: JSON on standard input, a tagged PDF (PDF/UA-1) on standard output.

    python -I typesetter.py FOLDER

FOLDER holds `report.typ` and `fonts/`. The data is never part of the source: the template reads it as a JSON text.
"""

import sys
from pathlib import Path

import typst


def main() -> int:
    """Set what comes in; 1 with the reason on standard error where that fails."""
    folder = Path(sys.argv[1])
    try:
        made = typst.compile(
            str(folder / "report.typ"),
            root=str(folder),
            font_paths=[str(folder / "fonts")],
            ignore_system_fonts=True,
            sys_inputs={"data": sys.stdin.read()},
            pdf_standards="ua-1",
        )
    except typst.TypstError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.buffer.write(made)
    return 0


if __name__ == "__main__":
    sys.exit(main())
