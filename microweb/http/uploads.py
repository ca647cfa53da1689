"""Multipart forms read from a stream: fields into memory, files into spools.

The rule: a file is written as it comes in. It is in memory while it is small and on disk when it is not, so
the size of an upload is nobody's memory. Whatever goes wrong, what was opened is closed.
"""

from __future__ import annotations

import io

from .datastructures import MultiDict
from .filestorage import FileStorage
from .multipart import NEED_DATA, Data, Epilogue, File, MultipartDecoder, Preamble
from .options import parse_options_header
from .wsgi import CHUNK, plain_int

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    from .headers import Headers
    from .multipart import Event, Field

    StreamFactory = t.Callable[..., t.IO[bytes]]

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
    content_length: int | None = None,
) -> t.IO[bytes]:
    """A file to receive an upload: in memory up to 500 kB, then on disk."""
    if SpooledTemporaryFile is None:
        return io.BytesIO()
    return SpooledTemporaryFile(max_size=MAX_SPOOL, mode="rb+")  # type: ignore[no-any-return]


class MultiPartParser:
    """Reads a multipart stream into fields and files."""

    def __init__(
        self,
        stream_factory: StreamFactory | None = None,
        max_form_memory_size: int | None = None,
        cls: type[t.Any] | None = None,
        buffer_size: int = CHUNK,
        max_form_parts: int | None = None,
    ) -> None:
        self.stream_factory = stream_factory or default_stream_factory
        self.max_form_memory_size = max_form_memory_size
        self.max_form_parts = max_form_parts
        self.cls: type[t.Any] = cls or MultiDict
        self.buffer_size = buffer_size

    def parse(self, stream: t.IO[bytes], boundary: bytes, content_length: int | None) -> tuple[t.Any, t.Any]:
        """`(form, files)`. On an error the files that had begun to arrive are closed."""
        found = _Parts(self, content_length)
        try:
            for event in self._events(stream, boundary):
                found.take(event)
        except BaseException:
            # A spool that is only dropped warns, and keeps its disk space until it is collected.
            found.close()
            raise
        return self.cls(found.fields), self.cls(found.files)

    def _events(self, stream: t.IO[bytes], boundary: bytes) -> t.Iterator[t.Any]:
        """The events of the parts, without what stands before and after them."""
        decoder = MultipartDecoder(boundary, self.max_form_memory_size, max_parts=self.max_form_parts)
        ended = False
        while not ended:
            data = stream.read(self.buffer_size)
            # The stream is limited, so nothing means the end.
            ended = not data
            decoder.receive_data(data or None)
            event: Event = decoder.next_event()
            while event is not NEED_DATA and type(event) is not Epilogue:
                if type(event) is not Preamble:
                    yield event
                event = decoder.next_event()

    def start_file_streaming(self, event: File, total_content_length: int | None) -> t.IO[bytes]:
        """A file to write an upload to."""
        # RFC 7578 4.8: a part need not say how long it is, and nobody checks it. It is a hint.
        try:
            length = plain_int(event.headers.get("Content-Length") or "0")
        except ValueError:
            length = 0
        return self.stream_factory(
            total_content_length=total_content_length,
            filename=event.filename,
            content_type=event.headers.get("Content-Type"),
            content_length=length,
        )

    def get_part_charset(self, headers: Headers) -> str:
        """The charset of a field: UTF-8, or one of three others that it may declare."""
        content_type = headers.get("Content-Type")
        if content_type:
            charset = parse_options_header(content_type)[1].get("charset", "").lower()
            if charset in _CHARSETS:
                return charset
        return "utf-8"


class _Parts:
    """What the events of a body come to: fields, and files in the streams that were made for them."""

    def __init__(self, parser: MultiPartParser, content_length: int | None) -> None:
        self.parser = parser
        self.content_length = content_length
        self.fields: list[tuple[str, str]] = []
        self.files: list[tuple[str, FileStorage]] = []
        self.part: t.Any = None
        self.spool: t.IO[bytes] | None = None
        self.blocks: list[bytes] = []
        self.write: t.Callable[[bytes], t.Any] = self.blocks.append

    def take(self, event: t.Any) -> None:
        """A part begins, goes on, or ends."""
        if type(event) is not Data:
            self.begin(event)
            return
        self.write(event.data)
        if not event.more_data:
            self.finish()

    def begin(self, part: Field | File) -> None:
        """Make a place for the part's data."""
        self.part = part
        self.blocks = []
        self.spool = None
        self.write = self.blocks.append
        if type(part) is File:
            self.spool = self.parser.start_file_streaming(part, self.content_length)
            self.write = self.spool.write

    def finish(self) -> None:
        """All of it is there."""
        part, spool = self.part, self.spool
        if spool is None:
            charset = self.parser.get_part_charset(part.headers)
            self.fields.append((part.name, b"".join(self.blocks).decode(charset, "replace")))
            return
        # Whoever gets it reads it from the start.
        spool.seek(0)
        file = FileStorage(spool, part.filename, part.name, headers=part.headers)
        self.files.append((part.name, file))

    def close(self) -> None:
        """Close what was opened."""
        for _, file in self.files:
            file.close()
        if self.spool is not None:
            self.spool.close()
