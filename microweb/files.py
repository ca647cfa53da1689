"""Files as responses: with validators, ranges and a name to save them under.

The rule: the client gets what it has not got. Every file has an ETag and a date, so a second visit costs a
304; one byte range at a time is served, so a download can be resumed; the bytes go by the server's
`wsgi.file_wrapper` or, as `X-Sendfile`, by the web server in front.

`send_file` trusts its path: it is the program's. `send_from_directory` trusts the directory alone: the path
in it is the client's, and leads nowhere outside, be it by dots, by a drive, by a device's name or by a
symbolic link.
"""

from __future__ import annotations

import io
import os
from functools import lru_cache
from time import time

try:
    from zlib import adler32 as adler32
except ImportError:  # another checksum makes other tags, and as good ones
    from binascii import crc32 as adler32

from .archives import read_archived
from .exceptions import NotFound
from .http.caching import quote_etag
from .http.dates import http_date
from .http.headers import Headers
from .http.options import dump_options_header
from .http.properties import get_content_type
from .http.response import Response
from .http.wsgi import FileWrapper, wrap_file
from .security import safe_join

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t
    from datetime import datetime

    from _typeshed.wsgi import WSGIEnvironment

    Text = t.Optional[str]
    Kind = tuple[str, Text]
    Stat = tuple[t.Optional[int], t.Optional[float]]
    Path = t.Union[os.PathLike[str], str]
    MaxAge = t.Union[int, t.Callable[[t.Optional[str]], t.Optional[int]], None]

_GIVE_NAME = "Either set 'download_name' or pass a path instead of a file"
# RFC 8187 3.2.1: what need not be percent-encoded in `filename*`, besides letters and digits.
_ATTR_CHARS = "!#$&+-.^_`|~"


def send_file(
    path_or_file: Path | t.IO[bytes],
    environ: WSGIEnvironment,
    mimetype: str | None = None,
    as_attachment: bool = False,
    download_name: str | None = None,
    conditional: bool = True,
    etag: bool | str = True,
    last_modified: datetime | int | float | None = None,
    max_age: MaxAge = None,
    use_x_sendfile: bool = False,
    response_class: type[Response] | None = None,
    _root_path: Path | None = None,
) -> Response:
    """A response that sends a file.

    :param path_or_file: a path that the program chose, or a file opened in binary mode, at its start.
    :param environ: that of the request; its conditions and its range count if `conditional`.
    :param mimetype: the media type; by default what the name suggests.
    :param as_attachment: have the browser save it instead of showing it.
    :param download_name: the name to save it under; by default the file's own.
    :param etag: the tag, or whether to make one from path, size and date.
    :param last_modified: by default the file's date.
    :param max_age: for how many seconds a cache need not ask, or a function of the path that says so.
    :param use_x_sendfile: have the web server in front send it: a header names the path.
    :raises RequestedRangeNotSatisfiable: for a range outside the file.
    """
    path = _absolute_path(path_or_file, _root_path)
    file: t.Any = None if path is not None else path_or_file
    if isinstance(file, io.TextIOBase):
        raise ValueError("The file is open in text mode: open it in binary mode, or use BytesIO.")
    # A file object's own name may be a path of this machine: it is not told to the client.
    if download_name is None and path is not None:
        download_name = os.path.basename(path)
    size, mtime = stat = _measure(path, file)
    seconds = max_age(path) if callable(max_age) else max_age
    kind = _guess(download_name, mimetype, as_attachment)
    fields = _describe(path, download_name, kind, as_attachment, stat, etag, seconds)
    dates = _dates(mtime if last_modified is None else last_modified, seconds)
    headers: Headers = Headers._from_checked([*fields, *dates])
    if path is not None and use_x_sendfile:
        # The name as the file system has it: bytes, which the server in front looks for.
        headers.add("X-Sendfile", os.fsencode(path).decode("latin-1"))
    elif path is not None:
        file = open(path, "rb")  # noqa: SIM115 - closed with the response
    body = None if file is None else _wrap(environ, file)
    response = (response_class or Response)(body, headers=headers, direct_passthrough=True)
    if conditional:
        response.make_conditional(environ, accept_ranges=True, complete_length=size)
        # Some web servers send the file whatever the status is.
        if use_x_sendfile and response.status_code == 304:
            response.headers.pop("X-Sendfile", None)
    return response


def _absolute_path(path_or_file: t.Any, root: Path | None) -> str | None:
    if not isinstance(path_or_file, str) and not hasattr(path_or_file, "__fspath__"):
        return None
    # The process may change its directory before the file is opened by the server in front.
    return os.path.abspath(path_or_file) if root is None else os.path.join(root, path_or_file)


def _guess(name: Text, mimetype: Text, as_attachment: bool) -> Kind:
    """The media type, by default what the name suggests, and the encoding that goes with it."""
    if name is None and as_attachment:
        raise TypeError(f"No name provided for attachment. {_GIVE_NAME}.")
    if mimetype is not None:
        return mimetype, None
    if name is None:
        raise TypeError(f"Unable to detect the MIME type without a name. {_GIVE_NAME}, or set 'mimetype'.")
    from mimetypes import guess_type  # reads the system's tables: not for who sends no file

    mimetype, encoding = guess_type(name)
    # A browser would unpack what it saves: the archive that was asked for would not be one any more.
    return mimetype or "application/octet-stream", None if as_attachment else encoding


# Kept, since most files are asked for again: one that changes has another size or time.
@lru_cache(maxsize=256)
def _describe(
    path: Text, name: Text, kind: Kind, attached: bool, stat: Stat, etag: bool | str, max_age: t.Any
) -> list[tuple[str, str]]:
    """The headers that follow from the file: what it is, by what it is known and for how long it is good."""
    # The type is what it says, whatever the content looks like: an upload must not become a page.
    headers = Headers([("X-Content-Type-Options", "nosniff")])
    if kind[1] is not None:
        headers.add("Content-Encoding", kind[1])
    headers.add("Content-Type", get_content_type(kind[0], "utf-8"))
    if name is not None:
        disposition = "attachment" if attached else "inline"
        headers.add("Content-Disposition", dump_options_header(disposition, _disposition(name)))
    # Without an age: keep it, but ask whether it is still good; the answer is a 304.
    cache = "no-cache" if max_age is None or max_age <= 0 else "public"
    headers.add("Cache-Control", cache if max_age is None else f"{cache}, max-age={int(max_age)}")
    # Cheap and good enough: a file that changes keeps neither its size nor its time.
    if etag and not isinstance(etag, str) and path is not None:
        etag = f"{stat[1]}-{stat[0]}-{adler32(path.encode(errors='surrogateescape')) & 0xFFFFFFFF}"
    if isinstance(etag, str):
        headers.add("ETag", quote_etag(etag))
    if stat[0] is not None:
        headers.add("Content-Length", str(stat[0]))
    return headers.to_wsgi_list()


def _dates(modified: datetime | float | None, seconds: int | None) -> t.Iterator[tuple[str, str]]:
    if modified is not None:
        yield "Last-Modified", http_date(modified)
    if seconds is not None:
        # For caches of HTTP/1.0; the others go by max-age (RFC 9111 5.3).
        yield "Expires", http_date(int(time() + seconds))


def _disposition(name: str) -> dict[str, str]:
    """The name for RFC 6266: as it is if it is ASCII, else spelled alike for old clients and exactly for
    others.
    """
    if name.isascii():
        return {"filename": name}
    from unicodedata import normalize

    from .http.urls import url_quote

    # "resume.pdf" for "résumé.pdf", rather than nothing.
    simple = normalize("NFKD", name).encode("ascii", "ignore").decode("ascii")
    return {"filename": simple, "filename*": f"UTF-8''{url_quote(name, _ATTR_CHARS)}"}


def _measure(path: Text, file: t.Any) -> Stat:
    # Another file object may be a pipe or a zip's member: its length is not known without reading it.
    if path is None:
        return (file.getbuffer().nbytes if isinstance(file, io.BytesIO) else None), None
    stat = os.stat(path)
    return stat.st_size, stat.st_mtime


def _wrap(environ: WSGIEnvironment, file: t.IO[bytes]) -> t.Iterable[bytes]:
    # The server's wrapper sends the whole file and may not know how to seek: a range needs our own.
    return FileWrapper(file) if "HTTP_RANGE" in environ else wrap_file(environ, file)


def send_from_directory(
    directory: Path, path: Path, environ: WSGIEnvironment, *, follow_symlinks: bool = False, **kwargs: t.Any
) -> Response:
    """Send a file from a directory; the path in it may come from the client.

    :param directory: a path that the program chose; relative ones are relative to `_root_path`, if that is
    given.
    :param follow_symlinks: serve links that lead out of the directory, too. Whoever can make one there,
        like a user who uploads archives, then reads any file that the server can.
    :param kwargs: passed on to `send_file`.
    :raises NotFound: if there is no such regular file, or it is outside the directory.
    """
    # The application's folder: used up here, or send_file would join it to the path once more.
    root = kwargs.pop("_root_path", None)
    base = os.fspath(directory) if root is None else os.path.join(root, directory)
    full = safe_join(base, os.fspath(path), portable=True)
    # 404 and not 403: what exists outside is nobody's business.
    if full is None:
        raise NotFound()
    # The directory itself must lie in the archive: nobody may upload a zip file and link into it.
    if not os.path.isdir(base):
        return _send_archived(full, environ, **kwargs)
    if not os.path.isfile(full) or not (follow_symlinks or _is_below(base, full)):
        raise NotFound()
    return send_file(full, environ, **kwargs)


def _send_archived(path: str, environ: WSGIEnvironment, **kwargs: t.Any) -> Response:
    """Send a file that lies in a zip file, as static files of an application that runs from one do."""
    data = read_archived(path)
    if data is None:
        raise NotFound()
    defaults = {"download_name": os.path.basename(path), "etag": f"{len(data)}-{adler32(data)}"}
    return send_file(io.BytesIO(data), environ, **{**defaults, **kwargs})


def _is_below(base: str, full: str) -> bool:
    """Whether no link on the way from `base` to the file leads out (CVE-2024-23334)."""
    folder = full
    # Most files have no link on their way: looking at each step is cheaper than resolving both paths.
    while len(folder) > len(base):
        if os.path.islink(folder):
            root = os.path.realpath(base)
            return os.path.commonpath([root, os.path.realpath(full)]) == root
        folder = os.path.dirname(folder)
    return True
