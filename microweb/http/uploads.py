"""Multipart forms read from a stream: fields into memory, files into spools.

The rule: a file is written as it comes in. It is in memory while it is small and on disk when it is not, so
the size of an upload is nobody's memory. Whatever goes wrong, what was opened is closed.
"""

from __future__ import annotations

import io

from .datastructures import MultiDict
from .filestorage import FileStorage
from .multipart import NEED_DATA, Data, Epilogue, Field, File, MultipartDecoder, Preamble
from .options import parse_options_header
from .wsgi import CHUNK, parse_content_length

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    from .headers import Headers

#: Files up to this size stay in memory.
MAX_SPOOL = 500 * 1024

#: The charsets that a field may be in; more would let the client choose among Python's codecs.
_CHARSETS = frozenset(("ascii", "us-ascii", "utf-8", "iso-8859-1"))


def SpooledTemporaryFile(*args: t.Any, **kwargs: t.Any) -> t.Any:  # noqa: N802
    """The standard library's, whose 20 modules are imported with the first file that is uploaded.

    On a host without a directory to write to, set it to None: files then stay in memory.
    """
    from tempfile import SpooledTemporaryFile as Spool

    return Spool(*args, **kwargs)


def default_stream_factory(
    total_content_length: int | None,
    content_type: str | None,
    filename: str | None,
    content_length: t.Any = None,
) -> t.IO[bytes]:
    """A file to receive an upload: in memory up to 500 kB, then on disk."""
    # A read-only host: the limits then bound the memory.
    if SpooledTemporaryFile is None:
        return io.BytesIO()
    return SpooledTemporaryFile(max_size=MAX_SPOOL, mode="rb+")  # type: ignore[no-any-return]


class MultiPartParser:
    """Reads a multipart stream into fields and files."""

    def __init__(
        self,
        stream_factory: t.Callable[..., t.IO[bytes]] | None = None,
        max_form_memory_size: int | None = None,
        cls: type[t.Any] | None = None,
        buffer_size: int = 2 * CHUNK,
        max_form_parts: int | None = None,
    ) -> None:
        self.stream_factory = stream_factory or default_stream_factory
        self.max_form_memory_size = max_form_memory_size
        self.max_form_parts = max_form_parts
        self.cls: type[t.Any] = cls or MultiDict
        # Large steps: a delimiter is searched for in each of them.
        self.buffer_size = buffer_size

    def parse(self, stream: t.IO[bytes], boundary: bytes, content_length: int | None) -> tuple[t.Any, t.Any]:
        """`(form, files)`. On an error the files that had begun to arrive are closed."""
        found: dict[t.Any, list[tuple[str, t.Any]]] = {Field: [], File: []}
        opened: list[t.IO[bytes]] = []
        try:
            for event in self._events(stream, boundary):
                if type(event) is not Data:
                    part = event
                    opened.append(self._open(part, content_length))
                    continue
                opened[-1].write(event.data)
                if not event.more_data:
                    found[type(part)].append((part.name, self._finish(part, opened[-1])))
        except BaseException:
            # A spool that is only dropped warns, and keeps its disk space until it is collected.
            for file in opened:
                file.close()
            raise
        return self.cls(found[Field]), self.cls(found[File])

    def _open(self, part: t.Any, content_length: int | None) -> t.IO[bytes]:
        # Fields stay in memory: the decoder counts their bytes.
        return self.start_file_streaming(part, content_length) if type(part) is File else io.BytesIO()

    def _finish(self, part: t.Any, file: t.IO[bytes]) -> FileStorage | str:
        # Whoever gets it reads it from the start.
        file.seek(0)
        if type(part) is File:
            return FileStorage(file, part.filename, part.name, headers=part.headers)
        return file.read().decode(self.get_part_charset(part.headers), "replace")

    def _events(self, stream: t.IO[bytes], boundary: bytes) -> t.Iterator[t.Any]:
        """The events of the parts, without what stands before and after them."""
        decoder = MultipartDecoder(boundary, self.max_form_memory_size, max_parts=self.max_form_parts)
        ended = False
        while not ended:
            data = stream.read(self.buffer_size)
            # The stream is limited, so nothing means the end.
            ended = not data
            decoder.receive_data(data or None)
            # What was read may hold many parts: all of it is taken out before more is read.
            while (event := decoder.next_event()) is not NEED_DATA and type(event) is not Epilogue:
                if type(event) is not Preamble:
                    yield event

    def start_file_streaming(self, event: File, total_content_length: int | None) -> t.IO[bytes]:
        """A file to write an upload to."""
        # RFC 7578 4.8: a part need not say how long it is, and nobody checks it. It is a hint.
        return self.stream_factory(
            total_content_length=total_content_length,
            filename=event.filename,
            content_type=event.headers.get("Content-Type"),
            content_length=parse_content_length(event.headers.get("Content-Length", "0")),
        )

    def get_part_charset(self, headers: Headers) -> str:
        """The charset of a field: UTF-8, or one of three others that it may declare."""
        charset = parse_options_header(headers.get("Content-Type"))[1].get("charset", "").lower()
        # RFC 7578 4.6: forms are UTF-8; the others are what old clients send.
        return charset if charset in _CHARSETS else "utf-8"
