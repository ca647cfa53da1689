"""Forms in request bodies: a stream and a content type in, fields and files out.

The rule: nothing is unbounded. Fields live in memory, so there is a limit on their bytes together
and on their number, checked while the body is read; files go to a spool that moves to disk when it
grows, so they need none but that of the whole body. What arrived before an error is closed again.

`FormDataParser` knows the media types; `MultiPartParser` drives the decoder of `multipart` for the
one that has files.
"""

from __future__ import annotations

import io

from ..exceptions import RequestEntityTooLarge
from .datastructures import MultiDict
from .options import parse_options_header
from .urls import parse_query
from .wsgi import CHUNK, get_content_length, get_input_stream, plain_int

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    from _typeshed.wsgi import WSGIEnvironment

    from .headers import Headers
    from .multipart import Event, Field, File

    StreamFactory = t.Callable[..., t.IO[bytes]]
    Result = tuple[t.IO[bytes], t.Any, t.Any]

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


def parse_form_data(
    environ: WSGIEnvironment,
    stream_factory: StreamFactory | None = None,
    max_form_memory_size: int | None = None,
    max_content_length: int | None = None,
    cls: type[t.Any] | None = None,
    silent: bool = True,
    *,
    max_form_parts: int | None = None,
) -> Result:
    """The form in a WSGI environ: `(stream, form, files)`; see `FormDataParser`."""
    return FormDataParser(
        stream_factory=stream_factory,
        max_form_memory_size=max_form_memory_size,
        max_content_length=max_content_length,
        max_form_parts=max_form_parts,
        silent=silent,
        cls=cls,
    ).parse_from_environ(environ)


class FormDataParser:
    """Parses urlencoded and multipart forms.

    :param stream_factory: called like `default_stream_factory` for each file.
    :param max_form_memory_size: the most bytes that the fields may have together.
    :param max_content_length: the most bytes of the whole body; for `parse_from_environ`.
    :param cls: the type of the form and of the files.
    :param silent: treat a body that is malformed as an empty form, instead of raising ValueError.
    :param max_form_parts: the most parts of a multipart form.

    The limits raise RequestEntityTooLarge, silent or not.
    """

    #: The most fields of an urlencoded form.
    max_fields: int | None = 1000

    def __init__(
        self,
        stream_factory: StreamFactory | None = None,
        max_form_memory_size: int | None = None,
        max_content_length: int | None = None,
        cls: type[t.Any] | None = None,
        silent: bool = True,
        *,
        max_form_parts: int | None = None,
    ) -> None:
        self.stream_factory = stream_factory or default_stream_factory
        self.max_form_memory_size = max_form_memory_size
        self.max_content_length = max_content_length
        self.max_form_parts = max_form_parts
        self.cls: type[t.Any] = cls or MultiDict
        self.silent = silent

    def parse_from_environ(self, environ: WSGIEnvironment) -> Result:
        """Parse the body of a request."""
        mimetype, options = parse_options_header(environ.get("CONTENT_TYPE"))
        return self.parse(
            get_input_stream(environ, max_content_length=self.max_content_length),
            mimetype,
            get_content_length(environ),
            options,
        )

    def parse(
        self,
        stream: t.IO[bytes],
        mimetype: str,
        content_length: int | None,
        options: dict[str, str] | None = None,
    ) -> Result:
        """Parse a stream that ends where the body does: `(stream, form, files)`.

        A media type that is no form leaves the stream unread.
        """
        try:
            if mimetype == "multipart/form-data":
                boundary = (options or {}).get("boundary", "").encode("ascii")
                form, files = self._multipart_parser().parse(stream, boundary, content_length)
                return stream, form, files
            if mimetype == "application/x-www-form-urlencoded":
                return stream, self.cls(self._parse_urlencoded(stream)), self.cls()
        except ValueError:
            if not self.silent:
                raise
        return stream, self.cls(), self.cls()

    def _multipart_parser(self) -> MultiPartParser:
        return MultiPartParser(
            stream_factory=self.stream_factory,
            max_form_memory_size=self.max_form_memory_size,
            max_form_parts=self.max_form_parts,
            cls=self.cls,
        )

    def _parse_urlencoded(self, stream: t.IO[bytes]) -> list[tuple[str, str]]:
        limit = self.max_form_memory_size
        blocks = []
        size = 0
        for block in iter(lambda: stream.read(CHUNK), b""):
            blocks.append(block)
            size += len(block)
            if limit is not None and size > limit:
                raise RequestEntityTooLarge(f"The form has more than {limit} bytes.")
        # Bytes that are not UTF-8 and not percent-encoded either come from no browser.
        return parse_query(b"".join(blocks).decode(), self.max_fields)


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
        from .filestorage import FileStorage
        from .multipart import Data, File

        fields: list[tuple[str, str]] = []
        files: list[tuple[str, FileStorage]] = []
        part: t.Any = None
        spool: t.IO[bytes] | None = None
        blocks: list[bytes] = []
        try:
            for event in self._events(stream, boundary):
                if type(event) is not Data:
                    part, blocks, spool = event, [], None
                    if type(event) is File:
                        spool = self.start_file_streaming(event, content_length)
                    write: t.Any = blocks.append if spool is None else spool.write
                    continue
                write(event.data)
                if event.more_data:
                    continue
                if spool is None:
                    fields.append((part.name, self._text(part, blocks)))
                else:
                    spool.seek(0)
                    file = FileStorage(spool, part.filename, part.name, headers=part.headers)
                    files.append((part.name, file))
        except BaseException:
            for _, file in files:
                file.close()
            if spool is not None:
                spool.close()
            raise
        return self.cls(fields), self.cls(files)

    def _text(self, part: Field, blocks: list[bytes]) -> str:
        return b"".join(blocks).decode(self.get_part_charset(part.headers), "replace")

    def _events(self, stream: t.IO[bytes], boundary: bytes) -> t.Iterator[t.Any]:
        """The events of the parts, without what stands before and after them."""
        from .multipart import NEED_DATA, Epilogue, MultipartDecoder, Preamble

        decoder = MultipartDecoder(boundary, self.max_form_memory_size, max_parts=self.max_form_parts)
        ended = False
        while not ended:
            data = stream.read(self.buffer_size)
            ended = not data
            decoder.receive_data(data or None)
            event: Event = decoder.next_event()
            while event is not NEED_DATA and type(event) is not Epilogue:
                if type(event) is not Preamble:
                    yield event
                event = decoder.next_event()

    def start_file_streaming(self, event: File, total_content_length: int | None) -> t.IO[bytes]:
        """A file to write an upload to."""
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
