"""Posts: all of them, and making, changing and deleting one."""

from microweb import Blueprint, abort, flash, g, redirect, render_template, request, url_for

from .auth import login_required
from .db import get_db

bp = Blueprint("posts", __name__)

POSTS = "SELECT post.*, user.name AS author FROM post JOIN user ON author_id = user.id "


@bp.route("/")
def index():
    """The newest posts first."""
    posts = get_db().execute(POSTS + "ORDER BY post.id DESC LIMIT 50").fetchall()
    return render_template("posts/index.html", posts=posts)


@bp.route("/create", methods=["GET", "POST"])
@login_required
def create():
    """Write a post."""
    if request.method == "POST" and filled_in():
        values = (g.user["id"], request.form["title"], request.form["body"])
        with get_db() as db:
            db.execute("INSERT INTO post (author_id, title, body) VALUES (?, ?, ?)", values)
        return redirect(url_for("posts.index"))
    return render_template("posts/form.html", title="New Post", post=request.form)


@bp.route("/<int:post_id>/update", methods=["GET", "POST"])
@login_required
def update(post_id):
    """Change a post."""
    post = own_post(post_id)
    if request.method == "POST" and filled_in():
        values = (request.form["title"], request.form["body"], post_id)
        with get_db() as db:
            db.execute("UPDATE post SET title = ?, body = ? WHERE id = ?", values)
        return redirect(url_for("posts.index"))
    return render_template("posts/form.html", title="Edit Post", post=request.form or post)


@bp.post("/<int:post_id>/delete")
@login_required
def delete(post_id):
    """Delete a post."""
    own_post(post_id)
    with get_db() as db:
        db.execute("DELETE FROM post WHERE id = ?", (post_id,))
    return redirect(url_for("posts.index"))


def filled_in():
    """Whether the form has what a post needs; says so if not."""
    if request.form["title"].strip() and request.form["body"].strip():
        return True
    flash("A title and a text are required.")
    return False


def own_post(post_id):
    """The post, if it is the user's own: 404 if there is none, 403 if it is another's."""
    post = get_db().execute(POSTS + "WHERE post.id = ?", (post_id,)).fetchone() or abort(404)
    if post["author_id"] != g.user["id"]:
        abort(403)
    return post
