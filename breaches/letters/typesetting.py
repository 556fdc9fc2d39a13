"""Setting letters and labels: one program for a whole printing, kept running, since each start reads the fonts anew."""

import json
import subprocess  # nosec B404: our own program, with fixed arguments
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, cast

from governance.exports import typesetting

_FOLDER = Path(__file__).resolve().parent
_FONTS = Path(typesetting.__file__).resolve().parent / "fonts"


class Setter:
    """Sets documents one after the other, within its `with`. Raises typesetting.CannotSet for one that cannot be set."""

    def __enter__(self) -> "Setter":
        self._running = subprocess.Popen(  # nosec B603
            [sys.executable, "-I", str(_FOLDER / "typesetter.py"), str(_FOLDER), str(_FONTS)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._running.kill()
        self._running.communicate()

    def pdf(self, template: str, data: dict[str, Any]) -> bytes:
        """One document as PDF/UA-1; `template` is "letter" or "labels"."""
        given, answer = cast(Any, self._running.stdin), cast(Any, self._running.stdout)
        try:
            given.write(json.dumps({"template": template, "data": typesetting.printable(data)}, ensure_ascii=False).encode() + b"\n")
            given.flush()
            made = answer.read(int.from_bytes(answer.read(8)))
        except BrokenPipeError:
            made = b""
        if not made.startswith(b"%PDF"):
            raise typesetting.CannotSet("typst could not set a letter")  # its words may quote the data
        return cast(bytes, made)


# Code 39: five bars and four gaps a sign, three of the nine wide; the star begins and ends.
_NARROW, _WIDE = 1, 3
_BARS = {
    "0": "000110100", "1": "100100001", "2": "001100001", "3": "101100000", "4": "000110001", "5": "100110000", "6": "001110000",
    "7": "000100101", "8": "100100100", "9": "001100100", "P": "001010010", "-": "010000101", "*": "010010100",
}  # fmt: skip


def bars_of(reference: str) -> list[int]:
    """The widths of bars and gaps, beginning with a bar, for a reference of digits, P and dashes."""
    widths: list[int] = []
    for sign in f"*{reference}*":
        widths += [_WIDE if wide == "1" else _NARROW for wide in _BARS[sign]] + [_NARROW]
    return widths[:-1]
