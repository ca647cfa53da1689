"""Fingerprints of static files (STATIC_FINGERPRINTS): URLs that change with what they lead to.

The rule: *a URL with the right fingerprint is kept for ever, any other as before*. `url_for` adds
``v=`` and a hash of the file's content; the answer to a URL with the hash of the file as it is now
may be kept for a year without asking. A page from before an update asks for the old one, gets the
new file, and does not keep it.
"""

from __future__ import annotations

import os

from .globals import request
from .security import safe_join

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    from .wrappers import Response

#: Path -> time and size of the file when it was read, and its fingerprint.
_known: dict[str, tuple[tuple[int, int], str]] = {}


def fingerprint(path: str) -> str | None:
    """16 letters and digits that stand for the content of a file; None if there is no such file."""
    try:
        status = os.stat(path)
        stamp = status.st_mtime_ns, status.st_size
        known = _known.get(path)
        if known is None or known[0] != stamp:
            known = _known[path] = stamp, _digest(path)
    except OSError:
        return None
    return known[1]


def _digest(path: str) -> str:
    from hashlib import sha256

    digest = sha256()
    with open(path, "rb") as file:
        for block in iter(lambda: file.read(1 << 16), b""):
            digest.update(block)
    return digest.hexdigest()[:16]


def _of(folder: str | None, filename: str) -> str | None:
    path = None if folder is None else safe_join(folder, filename)
    return None if path is None else fingerprint(path)


def add_fingerprint(app: t.Any, endpoint: str, values: dict[str, t.Any]) -> None:
    """Add the fingerprint to the values for the URL of a static file."""
    blueprint, _, name = endpoint.rpartition(".")
    owner = app.blueprints.get(blueprint) if blueprint else app
    if name == "static" and owner is not None and values.get("filename") and "v" not in values:
        found = _of(owner.static_folder, str(values["filename"]))
        if found is not None:
            values["v"] = found


def keep_for_ever(response: Response, folder: str, filename: str) -> None:
    """Let the answer be kept for a year, if the request has the file's fingerprint."""
    given = request.args.get("v")
    if given is not None and given == _of(folder, filename):
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
