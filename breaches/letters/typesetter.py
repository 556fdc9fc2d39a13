"""A program of its own, so that the memory which setting takes goes with it: one line of JSON a document in, PDFs (PDF/UA-1) out.

    python -I typesetter.py FOLDER FONTS

A line is {"template": "letter", "data": {…}}; the answer is its length in eight bytes and the PDF, or a length of zero where it cannot be
set. The data is never part of the source: a template reads it as a JSON text.
"""

import json
import sys
from pathlib import Path

import typst


def main() -> int:
    """Set what comes in, until nothing more comes."""
    folder, fonts = Path(sys.argv[1]), typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[sys.argv[2]])
    compilers = {name: typst.Compiler(str(folder / f"{name}.typ"), root=str(folder), font_paths=fonts) for name in ("letter", "labels")}
    for line in sys.stdin:
        wanted = json.loads(line)
        try:
            inputs = {"data": json.dumps(wanted["data"], ensure_ascii=False)}
            pdf = compilers[wanted["template"]].compile(format="pdf", sys_inputs=inputs, pdf_standards="ua-1")
            made = pdf if isinstance(pdf, bytes) else b""
        except typst.TypstError:
            made = b""  # its words may quote the data
        sys.stdout.buffer.write(len(made).to_bytes(8) + made)
        sys.stdout.buffer.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
