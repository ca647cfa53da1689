"""The same book for programs: JSON in, JSON out, errors too."""

from microweb import Blueprint, abort, jsonify, request, url_for

from . import book, db

bp = Blueprint("api", __name__, url_prefix="/api")


@bp.errorhandler(400)
@bp.errorhandler(404)
@bp.errorhandler(415)
def error(e):
    """Errors of this blueprint's views as JSON."""
    return jsonify(error=e.description), e.code


@bp.get("/entries")
def entries():
    """A page of entries: ``?page=2`` for the older ones."""
    page = request.args.get("page", 1, type=int)
    rows, more = db.entries(max(page, 1))
    return {"entries": [as_dict(row) for row in rows], "more": more}


@bp.get("/entries/<int:entry_id>")
def entry(entry_id):
    """One entry."""
    return as_dict(db.entry(entry_id) or abort(404, "There is no such entry."))


@bp.post("/entries")
def write():
    """Add an entry: ``{"author": ..., "message": ...}``."""
    data = request.get_json()
    if not isinstance(data, dict):
        abort(400, "Send an object with 'author' and 'message'.")
    author, message = (text(data.get(key, "")).strip() for key in ("author", "message"))
    problems = book.check(author, message)
    if problems:
        abort(400, " ".join(problems))
    entry_id = db.add(author, message, owner="api")
    created = as_dict(db.entry(entry_id))
    return created, 201, {"Location": url_for(".entry", entry_id=entry_id)}


def text(value):
    """A value as text that can be stored: JSON can name halves of characters, which cannot."""
    return str(value).encode(errors="replace").decode()


def as_dict(row):
    """An entry as the interface shows it: without its owner."""
    return {key: row[key] for key in ("id", "author", "message", "created")}
