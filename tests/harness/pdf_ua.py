"""What PDF/UA-1 asks of a file and a program can see: tagged, titled, each language named, pages and headings in order, fonts embedded.

Not a whole check (veraPDF is one): it finds what a change of a template would break.
"""

import re
import zlib

_STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)


def faults(pdf: bytes, *, headed: bool = True) -> list[str]:
    """What is missing, in words; empty where nothing is. What has no headings, as labels, is not `headed`."""
    said = pdf + b"\n".join(_opened(stream) for stream in _STREAM.findall(pdf))
    asked = {
        "tagged": rb"/MarkInfo\s*<<[^>]*/Marked true",
        "a structure tree": rb"/StructTreeRoot",
        "its language": rb"/Lang\s*[(<]",
        "its title shown": rb"/DisplayDocTitle true",
        "a title": rb"<dc:title>.*?\S.*?</dc:title>",
        "the mark of PDF/UA-1": rb"<pdfuaid:part>1</pdfuaid:part>",
        "paragraphs": rb"/S\s*/P\b",
    }
    if headed:
        asked["a heading of the first level"] = rb"/S\s*/H1\b"
    found = [what for what, pattern in asked.items() if not re.search(pattern, said, re.DOTALL)]
    pages = len(re.findall(rb"/Type\s*/Page\b", said))
    if not pages or len(re.findall(rb"/Tabs\s*/S\b", said)) < pages or len(re.findall(rb"/StructParents\b", said)) < pages:
        found.append("each page in the order of its structure")
    if len(re.findall(rb"/FontFile[23]?\b", said)) < len(re.findall(rb"/Type\s*/FontDescriptor\b", said)):
        found.append("each font embedded")
    if len(re.findall(rb"/S\s*/Figure\b", said)) > len(re.findall(rb"/Alt\s*[(<]", said)):
        found.append("words for each picture")
    return found


def _opened(stream: bytes) -> bytes:
    try:
        return zlib.decompress(stream)
    except zlib.error:
        return b""
