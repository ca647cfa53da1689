"""Redirects as responses: the Location header, and a page for clients that do not follow it."""

from __future__ import annotations

from ..exceptions import redirect_page
from .response import Response as _Response
from .urls import CONTROLS_QUOTED

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

#: Schemes that run what they carry. Nobody is sent there, whoever chose the target.
_REFUSED_SCHEMES = ("javascript:", "data:", "vbscript:")


def redirect(location: str, code: int = 302, Response: type[t.Any] | None = None) -> _Response:
    """A response that sends the client to ``location``, a URL or IRI, absolute or not.

    Codes: 301, 302, 303, 307, 308. ValueError for a location that would run a script.
    """
    # URL objects of other libraries have a text; so have texts that are made when they are read.
    location = location if isinstance(location, str) else str(location)
    # Browsers drop blanks and controls before and within the scheme, so they do not count.
    bare = "".join(char for char in location[:64] if char > " ").lower()
    if bare.startswith(_REFUSED_SCHEMES):
        raise ValueError(
            f"A redirect to {location[:64]!r} is refused: its scheme runs what it carries. Redirect"
            " to an http or https URL, or to a path."
        )
    # The one control that a header takes; a URL with it would fail when it is sent.
    if "\t" in location:
        raise ValueError(f"{location[:64]!r} is no URL: it contains a tab.")
    response: _Response = (Response or _Response)(redirect_page(location), code, mimetype="text/html")
    # As it is: the response encodes it when it is sent.
    response.headers["Location"] = location
    return response


def append_slash_redirect(environ: dict[str, t.Any], code: int = 308) -> _Response:
    """A redirect from a path to the same path with a slash behind it; the query is kept.

    The target is relative to the path's last segment, so that a mount point plays no part.
    """
    tail = environ["PATH_INFO"].rpartition("/")[2]
    location = f"{tail}/" if tail else "./"
    query = environ.get("QUERY_STRING", "").translate(CONTROLS_QUOTED)
    return redirect(f"{location}?{query}" if query else location, code)
