"""What lies between a message and the WSGI server: bounded streams in, closing iterators out.

The rule: nobody reads `wsgi.input` itself. A server may leave a socket there that never ends, so
every reader gets a stream that knows where the body stops: `get_input_stream` decides which. On the
way out the contract is PEP 3333's: an iterable of bytes, whose `close()` is called exactly once,
whatever happened.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from functools import update_wrapper

from ..exceptions import ClientDisconnected, RequestEntityTooLarge
from .urls import get_current_url as build_url
from .urls import get_host as choose_host

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

#: Bodies are read in steps of this size, never in one of a size that the client names
#: (CVE-2025-13836).
CHUNK = 64 * 1024

#: More digits than any body has; int() on thousands of them is a denial of service
#: (CVE-2020-10735).
_MAX_LENGTH_DIGITS = 18


def plain_int(value: str) -> int:
    """An int from what a header allows: ASCII digits, perhaps a minus; not `+1`, `1_0` or
    `\\u0661`.
    """
    digits = value.strip(" \t")
    bare = digits[1:] if digits[:1] == "-" else digits
    if not (bare.isascii() and bare.isdigit() and len(bare) <= _MAX_LENGTH_DIGITS):
        raise ValueError(f"{value[:40]!r} is not a plain integer")
    return int(digits)


def parse_content_length(
    http_content_length: str | None, http_transfer_encoding: str | None = None
) -> int | None:
    """The length that a body announces: None if it is chunked or silent, 0 if it talks nonsense."""
    codings = http_transfer_encoding.split(",") if http_transfer_encoding else ()
    # RFC 9112 6.3: with a transfer coding, Content-Length says nothing.
    if http_content_length is None or "chunked" in [coding.strip(" \t").lower() for coding in codings]:
        return None
    try:
        return max(0, plain_int(http_content_length))
    except ValueError:
        return 0


def get_content_length(environ: WSGIEnvironment) -> int | None:
    """`parse_content_length` of a WSGI environ."""
    return parse_content_length(environ.get("CONTENT_LENGTH"), environ.get("HTTP_TRANSFER_ENCODING"))


def get_input_stream(
    environ: WSGIEnvironment, safe_fallback: bool = True, max_content_length: int | None = None
) -> t.Any:
    """The request's body as a stream that ends where the body does.

    | the server says            | the stream                                              |
    |----------------------------|---------------------------------------------------------|
    | `wsgi.input_terminated`    | its own, with `max_content_length` on top if given      |
    | a Content-Length           | limited to it                                           |
    | neither                    | empty; with `safe_fallback=False` the raw, endless one  |

    :raises RequestEntityTooLarge: at once if the announced length is over `max_content_length`.
    """
    stream: t.IO[bytes] = environ["wsgi.input"]
    length, limit = get_content_length(environ), max_content_length
    if length is not None and limit is not None and length > limit:
        raise RequestEntityTooLarge()
    # Set by servers that decode chunked bodies: reading then ends by itself, as it must for a limit to be
    # told from a client that is slow.
    if "wsgi.input_terminated" in environ:
        return stream if limit is None else LimitedStream(stream, limit, is_max=True)
    if length is None:
        return io.BytesIO() if safe_fallback else stream
    return LimitedStream(stream, length)


class LimitedStream(io.RawIOBase):
    """The first `limit` bytes of a stream.

    `limit` is the Content-Length, and then a stream that ends early means that the client has gone
    (`on_disconnect` raises ClientDisconnected); or with `is_max` the most that is accepted, and
    then a stream that goes on means too much (`on_exhausted` raises RequestEntityTooLarge).
    """

    def __init__(self, stream: t.IO[bytes], limit: int, is_max: bool = False) -> None:
        # Not closed with this object: the stream is the server's, who may read on.
        self._stream = stream
        self._pos = 0
        self.limit = limit
        self._limit_is_max = is_max

    @property
    def is_exhausted(self) -> bool:
        """Whether everything up to the limit was read."""
        return self._pos >= self.limit

    def on_exhausted(self) -> None:
        """Called for an attempt to read past the limit."""
        if self._limit_is_max:
            raise RequestEntityTooLarge(f"The body has more than {self.limit} bytes.")

    def on_disconnect(self, error: Exception | None = None) -> None:
        """Called when the stream ends, or breaks with `error`, before the limit."""
        # Below a maximum the end of the stream is just the end of the body.
        if not self._limit_is_max or error is not None:
            raise ClientDisconnected()

    def exhaust(self) -> bytes:
        """Read what is left, and return it."""
        return b"" if self.is_exhausted else self.readall()

    def readable(self) -> bool:
        """True: this is what `io` wrappers ask first."""
        return True

    def tell(self) -> int:
        """How many bytes were read."""
        return self._pos

    def read(self, size: int | None = -1) -> bytes:
        """At most `size` bytes; all that is left if it is negative."""
        if size is None or size < 0:
            return self.readall()
        return self._take(self._stream.read, size)

    def readline(self, size: int | None = -1) -> bytes:
        """A line, or what the limit leaves of it."""
        # io's own asks for one byte after the other: it is for streams that can do no better.
        if not hasattr(self._stream, "readline"):
            return super().readline(size)
        return self._take(self._stream.readline, self.limit if size is None or size < 0 else size)

    def readinto(self, buffer: t.Any) -> int:
        """Fill `buffer` as far as one read goes; what `io.BufferedReader` calls."""
        # By read(), so that a subclass that changes the data changes it here, too.
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def readall(self) -> bytes:
        """Everything up to the limit."""
        # Not one read of the whole: how long it is, is the client's word.
        blocks = [self.read(CHUNK)]
        # A length ends it by itself; that a maximum was passed shows only if one more is asked for.
        while blocks[-1] and (self._limit_is_max or not self.is_exhausted):
            blocks.append(self.read(CHUNK))
        return b"".join(blocks)

    def _take(self, source: t.Callable[[int], bytes], size: int) -> bytes:
        remaining = self.limit - self._pos
        if remaining <= 0:
            self._reached_limit()
            return b""
        try:
            data = source(min(size, remaining))
        except (OSError, ValueError) as error:
            # A broken connection and a body that ends early are the same to the application.
            self.on_disconnect(error=error)
            return b""
        if not data and size:
            self.on_disconnect()
        # Counted by what came: a socket may give less than was asked for.
        self._pos += len(data)
        return data

    def _reached_limit(self) -> None:
        # A body of exactly the maximum is not too large: one byte more tells the two apart.
        if not self._limit_is_max or self._stream.read(1):
            self.on_exhausted()


def get_path_info(environ: WSGIEnvironment) -> str:
    """PATH_INFO as text: WSGI hands over bytes dressed as Latin-1, the path in them is UTF-8."""
    return decode_wsgi(environ.get("PATH_INFO", ""))


def get_query_string(environ: WSGIEnvironment) -> bytes:
    """The query string as it was sent: with what may be no UTF-8, and is still encoded."""
    return environ.get("QUERY_STRING", "").encode("latin-1", "replace")  # type: ignore[no-any-return]


def decode_wsgi(value: str) -> str:
    """Undo PEP 3333's disguise of bytes as Latin-1 text; bytes that are not UTF-8 become U+FFFD."""
    return value if value.isascii() else value.encode("latin-1", "replace").decode(errors="replace")


def get_server(environ: WSGIEnvironment) -> tuple[str, int | None] | None:
    """`(SERVER_NAME, SERVER_PORT)`; the port is None if it is no number, as behind a Unix
    socket.
    """
    # PEP 3333 demands it, but environs made by hand and tests do without.
    name = environ.get("SERVER_NAME")
    if name is None:
        return None
    port = environ.get("SERVER_PORT") or ""
    return name, int(port) if port.isascii() and port.isdigit() else None


def get_host(environ: WSGIEnvironment, trusted_hosts: t.Collection[str] | None = None) -> str:
    """`urls.get_host` of a WSGI environ."""
    given = environ["wsgi.url_scheme"], environ.get("HTTP_HOST"), get_server(environ)
    return choose_host(*given, trusted_hosts)


def get_current_url(
    environ: WSGIEnvironment,
    root_only: bool = False,
    strip_querystring: bool = False,
    host_only: bool = False,
    trusted_hosts: t.Collection[str] | None = None,
) -> str:
    """The URL of the request, or the first parts of it."""
    root = None if host_only else decode_wsgi(environ.get("SCRIPT_NAME", ""))
    path = None if root_only else get_path_info(environ)
    query = b"" if strip_querystring else get_query_string(environ)
    return build_url(environ["wsgi.url_scheme"], get_host(environ, trusted_hosts), root, path, query)


def responder(f: t.Callable[..., WSGIApplication]) -> WSGIApplication:
    """Decorate a function of `(environ, start_response)` that returns a WSGI application: it is
    called.
    """
    # Counted from the end: a method has a self before them.
    return update_wrapper(lambda *args: f(*args)(*args[-2:]), f)


class ClosingIterator(Iterator[bytes]):
    """An iterable for the server, with callbacks for its `close()`; the iterable's own `close` is
    first.

    Every callback runs even if one before it fails; the first error is the one that is raised.
    """

    def __init__(self, iterable: t.Iterable[bytes], callbacks: t.Any = None) -> None:
        self._iterator = iter(iterable)
        self._callbacks = [callbacks] if callable(callbacks) else list(callbacks or ())
        # That of the iterable, which its iterator need not have.
        close = getattr(iterable, "close", None)
        if close is not None:
            self._callbacks.insert(0, close)

    def __next__(self) -> bytes:
        return next(self._iterator)

    def close(self) -> None:
        """Run the callbacks."""
        run_all(self._callbacks)


def run_all(callbacks: t.Iterable[t.Callable[[], t.Any]]) -> None:
    """Call each one, whatever the others raise; then raise the first error."""
    error: BaseException | None = None
    for callback in callbacks:
        try:
            callback()
        except BaseException as failure:
            # Each of them holds a file or a lock: none may be left out for the failure of another.
            error = error or failure
    if error is not None:
        raise error


def wrap_file(environ: WSGIEnvironment, file: t.IO[bytes], buffer_size: int = CHUNK) -> t.Iterable[bytes]:
    """A file as a response body: by the server's `wsgi.file_wrapper` if it has one, else by
    `FileWrapper`.

    The server recognises its own wrapper by type, so the response must pass it on untouched:
    `direct_passthrough=True`.
    """
    return environ.get("wsgi.file_wrapper", FileWrapper)(file, buffer_size)  # type: ignore[no-any-return]


def _nothing(*args: t.Any) -> None:
    """What a body or a file without the method does."""


class FileWrapper(Iterator[bytes]):
    """A file as an iterable of blocks of one size: never lines, one of which may be a gigabyte."""

    def __init__(self, file: t.IO[bytes], buffer_size: int = CHUNK) -> None:
        self.file = file
        self.buffer_size = buffer_size

    # Pipes and the members of archives do with less than a file has: what is missing does nothing.

    def close(self) -> None:
        """Close the file."""
        getattr(self.file, "close", _nothing)()

    def seek(self, *args: int) -> None:
        """Move in the file."""
        getattr(self.file, "seek", _nothing)(*args)

    def tell(self) -> int | None:
        """The position in the file, None if it has none."""
        return getattr(self.file, "tell", _nothing)()

    def seekable(self) -> bool:
        """Whether a range can be had without reading what precedes it."""
        return self.file.seekable() if hasattr(self.file, "seekable") else hasattr(self.file, "seek")

    def __next__(self) -> bytes:
        data = self.file.read(self.buffer_size)
        if not data:
            raise StopIteration
        return data


class RangeWrapper(Iterator[bytes]):
    """The bytes `start_byte` to `start_byte + byte_range` of a body, in the blocks it comes in."""

    def __init__(self, iterable: t.Any, start_byte: int = 0, byte_range: int | None = None) -> None:
        # Iterating may wrap the body; seeking and closing are its own.
        self.iterable = iter(iterable)
        self.close = getattr(iterable, "close", _nothing)
        self.seekable = bool(hasattr(iterable, "seekable") and iterable.seekable())
        if self.seekable:
            iterable.seek(start_byte)
        self._skip = 0 if self.seekable else start_byte
        self._left = sys.maxsize if byte_range is None else byte_range

    def __next__(self) -> bytes:
        # Asked before a block is taken: what follows the range may take long to make.
        while self._left > 0:
            block = next(self.iterable)
            part: bytes = block[self._skip : self._skip + self._left]
            self._skip = max(0, self._skip - len(block))
            self._left -= len(part)
            if part:
                return part
        raise StopIteration
