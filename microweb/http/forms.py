"""Forms in request bodies: a stream and a content type in, fields and files out.

The rule: nothing is unbounded. Fields live in memory, so there is a limit on their bytes together
and on their number, checked while the body is read; files go to a spool that moves to disk when it
grows, so they need none but that of the whole body. What arrived before an error is closed again.

`FormDataParser` knows the media types; the one that has files is read by `uploads`, which is imported when
the first such form arrives.
"""

from __future__ import annotations

from .datastructures import MultiDict
from .options import parse_options_header
from .urls import parse_query
from .wsgi import LimitedStream, get_content_length, get_input_stream

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    from _typeshed.wsgi import WSGIEnvironment

    Stream = t.IO[bytes]
    Result = tuple[Stream, t.Any, t.Any]


def parse_form_data(environ: WSGIEnvironment, *args: t.Any, **options: t.Any) -> Result:
    """The form in a WSGI environ: `(stream, form, files)`; the further arguments are `FormDataParser`'s."""
    return FormDataParser(*args, **options).parse_from_environ(environ)


class FormDataParser:
    """Parses urlencoded and multipart forms.

    :param stream_factory: called like `uploads.default_stream_factory` for each file.
    :param max_form_memory_size: the most bytes that the fields may have together.
    :param max_content_length: the most bytes of the whole body; for `parse_from_environ`.
    :param cls: the type of the form and of the files.
    :param silent: treat a body that is malformed as an empty form, instead of raising ValueError.
    :param max_form_parts: the most parts of a multipart form.

    The limits raise RequestEntityTooLarge, silent or not.
    """

    #: The most fields of an urlencoded form.
    max_fields: int | None = 1000
    #: Not to be silent of a multipart form that is cut off: half an upload is not the same as none.
    needs_whole_forms = False
    #: The most files of a multipart form.
    max_files: int | None = 100

    def __init__(
        self,
        stream_factory: t.Callable[..., t.IO[bytes]] | None = None,
        max_form_memory_size: int | None = None,
        max_content_length: int | None = None,
        cls: type[t.Any] | None = None,
        silent: bool = True,
        *,
        max_form_parts: int | None = None,
    ) -> None:
        self.stream_factory = stream_factory
        self.max_form_memory_size = max_form_memory_size
        self.max_content_length = max_content_length
        self.max_form_parts = max_form_parts
        self.cls: type[t.Any] = cls or MultiDict
        self.silent = silent

    def parse_from_environ(self, environ: WSGIEnvironment) -> Result:
        """Parse the body of a request."""
        mimetype, options = parse_options_header(environ.get("CONTENT_TYPE"))
        # Bounded by the announced length: a parser that reads to the end cannot wait for more.
        stream = get_input_stream(environ, max_content_length=self.max_content_length)
        return self.parse(stream, mimetype, get_content_length(environ), options)

    def parse(
        self, stream: Stream, mimetype: str, content_length: int | None, options: t.Any = None
    ) -> Result:
        """Parse a stream that ends where the body does: `(stream, form, files)`.

        A media type that is no form leaves the stream unread.
        """
        try:
            if mimetype == "multipart/form-data":
                # RFC 2046 5.1.1: ASCII. What is not, is malformed like any other boundary.
                boundary = (options or {}).get("boundary", "").encode("ascii")
                return (stream, *self._parse_multipart(stream, boundary, content_length))
            if mimetype == "application/x-www-form-urlencoded":
                return stream, self.cls(self._parse_urlencoded(stream, content_length)), self.cls()
        except ValueError as error:
            # Malformed, or not UTF-8. The limits are HTTP errors, and pass.
            if not self.silent or (self.needs_whole_forms and _is_cut_off(error)):
                raise
        return stream, self.cls(), self.cls()

    def _parse_multipart(self, *message: t.Any) -> tuple[t.Any, t.Any]:
        # Spools and parts of messages: not for who has no files.
        from .uploads import MultiPartParser

        parser = MultiPartParser(self.stream_factory, self.max_form_memory_size, self.cls)
        parser.max_form_parts, parser.max_files = self.max_form_parts, self.max_files
        return parser.parse(*message)

    def _parse_urlencoded(self, stream: t.Any, length: int | None) -> list[tuple[str, str]]:
        limit = self.max_form_memory_size
        # Counted while reading, unless the length says it: what is too large is never in memory.
        if limit is not None and (length is None or length > limit):
            stream = LimitedStream(stream, limit, is_max=True)
        # Bytes that are not UTF-8 and not percent-encoded either come from no browser.
        return parse_query(stream.read().decode(), self.max_fields)


def _is_cut_off(error: ValueError) -> bool:
    from .multipart import IncompleteForm  # loaded, if it is one

    return isinstance(error, IncompleteForm)
