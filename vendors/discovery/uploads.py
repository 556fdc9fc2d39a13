"""The upload itself: each piece of it is read as it arrives and let go. No file is made of it, on disk or in memory."""

from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile

from vendors.discovery.reading import CannotRead, Reader


class ReadFile(UploadedFile):
    """An upload that is over: its reader is left of it, and its name is forgotten, since it may name a person."""

    def __init__(self, reader: Reader, size: int):
        super().__init__(file=None, name="log", content_type="text/plain", size=size)
        self.reader = reader


class ReadAsItComes(FileUploadHandler):
    """Hands each piece to a reader. `refusal` says why the rest was let go unread."""

    def __init__(self, reader: Reader, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.reader = reader
        self.refusal: CannotRead | None = None

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Read a piece."""
        try:
            self.reader.feed(raw_data)
        except CannotRead as refusal:
            self.refusal = refusal
            raise SkipFile from refusal

    def file_complete(self, file_size: int) -> ReadFile:
        """What stands for the file in the form."""
        return ReadFile(self.reader, file_size)
