"""Uploaded files: what the application gets, and the parser that reads them from a stream.

The rule: a file is written as it comes in. It is in memory while it is small and on disk when it is not, so
the size of an upload is nobody's memory; fields stay in memory, counted. Whatever goes wrong, what was opened
is closed.

Of a `FileStorage` everything but the bytes is a claim. `filename` is what was sent, for display; a name to
save under comes from `secure_filename`. What it does not know itself, its stream answers.
"""

from __future__ import annotations

import os
from contextlib import suppress
from io import BytesIO

from ..exceptions import RequestEntityTooLarge
from .datastructures import MultiDict
from .headers import Headers
from .multipart import NEED_DATA, Data, Epilogue, Field, File, MultipartDecoder, Preamble
from .options import CHARSETS, parse_options_header
from .properties import header_property
from .wsgi import CHUNK, parse_content_length

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    Length = t.Optional[int]
    Text = t.Optional[str]

#: Files up to this size stay in memory.
MAX_SPOOL = 500 * 1024

# The type of an attribute is that of its annotation.
header: t.Any = header_property


class FileStorage:
    """A file from a form, or one to be sent by the test client.

    >>> f = FileStorage(BytesIO(b"hello"), "a.txt", content_type="text/plain; charset=utf-8")
    >>> f.mimetype, f.read()
    ('text/plain', b'hello')
    """

    def __init__(
        self,
        stream: t.IO[bytes] | None = None,
        filename: str | None = None,
        name: str | None = None,
        content_type: str | None = None,
        content_length: int | None = None,
        headers: Headers | None = None,
    ) -> None:
        self.name = name
        self.stream: t.IO[bytes] = stream or BytesIO()
        self.filename = _stream_name(stream) if filename is None else os.fsdecode(filename)
        self.headers = Headers() if headers is None else headers
        # In the headers and nowhere else, so that the two cannot differ.
        if content_type is not None:
            self.headers["Content-Type"] = content_type
        if content_length is not None:
            self.headers["Content-Length"] = str(content_length)

    #: The type with its parameters, as it was sent.
    content_type: str | None = header("Content-Type", read_only=True)
    #: The length that was sent, rarely is; 0 without one.
    content_length: int = header("Content-Length", 0, parse_content_length, read_only=True)
    #: The type without its parameters, in lower case.
    mimetype: str = header("Content-Type", "", lambda v: parse_options_header(v)[0].lower(), read_only=True)

    @property
    def mimetype_params(self) -> dict[str, str]:
        """The parameters of the type."""
        return parse_options_header(self.content_type)[1]

    def save(self, dst: str | os.PathLike[str] | t.IO[bytes], buffer_size: int = 16384) -> None:
        """Copy the bytes to a path, or to a file that stays open."""
        from shutil import copyfileobj  # only where files arrive

        if isinstance(dst, (str, os.PathLike)):
            with open(dst, "wb") as file:
                self.save(file, buffer_size)
        else:
            copyfileobj(self.stream, dst, buffer_size)

    def close(self) -> None:
        """Close the stream, if it can be closed."""
        # Whatever goes wrong, nothing is lost: the file was for reading.
        with suppress(Exception):
            self.stream.close()

    # A browser sends a field without a name for a form in which no file was chosen.
    def __bool__(self) -> bool:
        return bool(self.filename)

    def __getattr__(self, name: str) -> t.Any:
        # Before __init__ has run - copying, unpickling - there is no stream to ask.
        if name == "stream":
            raise AttributeError(name)
        stream: t.Any = self.stream
        # Before 3.11 a SpooledTemporaryFile lacks part of what the file in it has.
        return getattr(stream if hasattr(stream, name) else getattr(stream, "_file", stream), name)

    def __iter__(self) -> t.Iterator[bytes]:
        return iter(self.stream)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.filename!r} ({self.content_type!r})>"


def _stream_name(stream: t.Any) -> str | None:
    """The name of an open file; pseudo-files such as `<stdin>` have none, nor has a mere descriptor."""
    name = getattr(stream, "name", None)
    if not isinstance(name, (str, bytes, os.PathLike)):
        return None
    name = os.fsdecode(name)
    return None if name[:1] == "<" and name[-1:] == ">" else name


class FileMultiDict(MultiDict[str, FileStorage]):
    """A MultiDict of files, for requests that tests make."""

    def add_file(self, name: str, file: t.Any, filename: Text = None, content_type: Text = None) -> None:
        """Add a FileStorage, an open file, or the file at a path, for the field `name`."""
        if not isinstance(file, FileStorage):
            if isinstance(file, (str, os.PathLike)):
                # The path as the name: what a browser strips, the server must not rely upon.
                filename = filename or os.fspath(file)
                file = open(file, "rb")  # noqa: SIM115 - it is sent later
            if filename and content_type is None:
                from mimetypes import guess_type  # reads the system's tables

                content_type = guess_type(filename)[0] or "application/octet-stream"
            file = FileStorage(file, filename, name, content_type)
        self.add(name, file)


def SpooledTemporaryFile(*args: t.Any, **kwargs: t.Any) -> t.Any:  # noqa: N802
    """The standard library's, whose 20 modules are imported with the first file that is uploaded.

    On a host without a directory to write to, set it to None: files then stay in memory.
    """
    from tempfile import SpooledTemporaryFile as Spool

    return Spool(*args, **kwargs)


def default_stream_factory(
    total_content_length: Length, content_type: Text, filename: Text, content_length: Length = None
) -> t.IO[bytes]:
    """A file to receive an upload: in memory up to 500 kB, then on disk."""
    # A read-only host: the limits then bound the memory.
    if SpooledTemporaryFile is None:
        return BytesIO()
    return SpooledTemporaryFile(max_size=MAX_SPOOL, mode="rb+")  # type: ignore[no-any-return]


class MultiPartParser:
    """Reads a multipart stream into fields and files."""

    #: The most files.
    max_files: int | None = 100

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
                if type(event) is Data:
                    opened[-1].write(event.data)
                elif type(event) is not Preamble:
                    part = event
                    opened.append(self._open(part, len(found[File]), content_length))
                if type(event) is Data and not event.more_data:
                    found[type(part)].append((part.name, self._finish(part, opened[-1])))
        except BaseException:
            # A spool that is only dropped warns, and keeps its disk space until it is collected.
            for file in opened:
                file.close()
            raise
        return self.cls(found[Field]), self.cls(found[File])

    def _open(self, part: t.Any, files: int, content_length: int | None) -> t.IO[bytes]:
        if type(part) is not File:
            return BytesIO()  # fields stay in memory: the decoder counts their bytes
        if self.max_files is not None and files >= self.max_files:
            raise RequestEntityTooLarge(f"The form has more than {self.max_files} files.")
        return self.start_file_streaming(part, content_length)

    def _finish(self, part: t.Any, file: t.IO[bytes]) -> FileStorage | str:
        # Whoever gets it reads it from the start.
        file.seek(0)
        if type(part) is File:
            return FileStorage(file, part.filename, part.name, headers=part.headers)
        return file.read().decode(self.get_part_charset(part.headers), "replace")

    def _events(self, stream: t.IO[bytes], boundary: bytes) -> t.Iterator[t.Any]:
        """What the stream holds, up to its end."""
        decoder = MultipartDecoder(boundary, self.max_form_memory_size, max_parts=self.max_form_parts)
        ended = False
        while not ended:
            data = stream.read(self.buffer_size)
            # The stream is limited, so nothing means the end.
            ended = not data
            decoder.receive_data(data or None)
            # What was read may hold many parts: all of it is taken out before more is read.
            while (event := decoder.next_event()) is not NEED_DATA and type(event) is not Epilogue:
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
        return charset if charset in CHARSETS else "utf-8"
