"""An uploaded file: a stream with what the client said about it.

The rule: everything but the bytes is a claim. `filename` is what was sent, for display; a name to save under
comes from `secure_filename`. What `FileStorage` does not know itself, its stream answers.
"""

from __future__ import annotations

import os
from contextlib import suppress
from io import BytesIO

from .datastructures import MultiDict
from .headers import Headers
from .options import parse_options_header
from .wsgi import parse_content_length

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t


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

    @property
    def content_type(self) -> str | None:
        """The type with its parameters, as it was sent."""
        return self.headers.get("content-type")  # type: ignore[no-any-return]

    @property
    def content_length(self) -> int:
        """The length that was sent, rarely is; 0 without one."""
        return parse_content_length(self.headers.get("content-length")) or 0

    @property
    def mimetype(self) -> str:
        """The type without its parameters, in lower case."""
        return parse_options_header(self.content_type)[0].lower()

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

    def add_file(
        self, name: str, file: t.Any, filename: str | None = None, content_type: str | None = None
    ) -> None:
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
