"""The pages: reading the book, writing into it, taking an entry out again."""

import os
import secrets

from microweb import (
    Blueprint,
    abort,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    send_from_directory,
    session,
    url_for,
)

from . import db

bp = Blueprint("book", __name__)

#: What a picture may be, by the bytes that it begins with; its name may say anything.
PICTURES = {b"\x89PNG\r\n\x1a\n": ".png", b"\xff\xd8\xff": ".jpg", b"GIF8": ".gif"}


@bp.get("/", defaults={"page": 1})
@bp.get("/page/<int(min=1):page>")
def index(page):
    """A page of entries, and the form for a new one."""
    entries, more = db.entries(page)
    if not entries and page > 1:
        abort(404)
    return render_template("index.html", entries=entries, page=page, more=more)


@bp.post("/")
def write():
    """Store what the form says, or show it again with what is wrong."""
    author = request.form["author"].strip()
    message = request.form["message"].strip()
    picture = request.files.get("picture")
    problems = check(author, message)
    suffix = None
    if picture:
        suffix = picture_suffix(picture.stream)
        if suffix is None:
            problems.append("The picture must be a PNG, JPEG or GIF file.")
    if problems:
        for problem in problems:
            flash(problem, "error")
        entries, more = db.entries()
        return render_template("index.html", entries=entries, page=1, more=more), 400
    name = keep_picture(picture, suffix) if suffix else None
    entry_id = db.add(author, message, owner(), name)
    flash("Thank you for your entry.")
    return redirect(url_for(".entry", entry_id=entry_id), 303)


@bp.get("/entries/<int:entry_id>")
def entry(entry_id):
    """One entry on a page of its own."""
    return render_template("entry.html", entry=db.entry(entry_id) or abort(404))


@bp.post("/entries/<int:entry_id>/delete")
def delete(entry_id):
    """Take an entry out: only from the browser that wrote it."""
    found = db.entry(entry_id) or abort(404)
    if found["owner"] != session.get("owner"):
        abort(403)
    db.delete(entry_id)
    if found["picture"]:
        os.remove(os.path.join(current_app.config["PICTURES"], found["picture"]))
    flash("Your entry is gone.")
    return redirect(url_for(".index"), 303)


@bp.get("/pictures/<name>")
def picture(name):
    """A picture that came with an entry."""
    return send_from_directory(current_app.config["PICTURES"], name, max_age=86400)


def check(author, message):
    """What is wrong with an entry: a list of sentences."""
    problems = []
    if not 1 <= len(author) <= 80:
        problems.append("Please give a name of at most 80 characters.")
    if not 1 <= len(message) <= 2000:
        problems.append("Please write a message of at most 2,000 characters.")
    return problems


def owner():
    """Who this browser is: a random name in its session."""
    if "owner" not in session:
        session["owner"] = secrets.token_urlsafe(16)
        session.permanent = True
    return session["owner"]


def picture_suffix(stream):
    """The suffix for a picture by what it begins with, None if it is no picture."""
    head = stream.read(8)
    stream.seek(0)
    return next((suffix for magic, suffix in PICTURES.items() if head.startswith(magic)), None)


def keep_picture(picture, suffix):
    """Save an upload under a name of our own, and return that."""
    name = secrets.token_hex(16) + suffix
    picture.save(os.path.join(current_app.config["PICTURES"], name))
    return name
