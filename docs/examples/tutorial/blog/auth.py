"""Accounts: registration, login, logout, and who is logged in."""

import functools
import sqlite3

from microweb import Blueprint, flash, g, redirect, render_template, request, session, url_for
from microweb.security import check_password_hash, generate_password_hash

from .db import get_db

bp = Blueprint("auth", __name__, url_prefix="/auth")


@bp.before_app_request
def load_user():
    """Find out who asks, before any view of the application runs."""
    user_id = session.get("user_id")
    g.user = user_id and get_db().execute("SELECT * FROM user WHERE id = ?", (user_id,)).fetchone()


def login_required(view):
    """A decorator for views that are for users who are logged in."""

    @functools.wraps(view)
    def wrapped(**values):
        if g.user is None:
            return redirect(url_for("auth.login"))
        return view(**values)

    return wrapped


@bp.route("/register", methods=["GET", "POST"])
def register():
    """Make an account."""
    if request.method == "POST":
        problem = add_user(request.form["name"].strip(), request.form["password"])
        if problem is None:
            return redirect(url_for("auth.login"))
        flash(problem)
    return render_template("auth/form.html", title="Register")


def add_user(name, password):
    """Store a user; the result is what is wrong, or None."""
    if not 1 <= len(name) <= 40 or len(password) < 8:
        return "A name of 1 to 40 characters and a password of at least 8 are required."
    try:
        with get_db() as db:
            hashed = generate_password_hash(password)
            db.execute("INSERT INTO user (name, password) VALUES (?, ?)", (name, hashed))
    except sqlite3.IntegrityError:
        return f"{name} is registered already."
    return None


@bp.route("/login", methods=["GET", "POST"])
def login():
    """Remember in the session who this is."""
    if request.method == "POST":
        name, password = request.form["name"].strip(), request.form["password"]
        user = get_db().execute("SELECT * FROM user WHERE name = ?", (name,)).fetchone()
        if user is not None and check_password_hash(user["password"], password):
            session.clear()
            session["user_id"] = user["id"]
            return redirect(url_for("posts.index"))
        # One sentence for both mistakes: it does not tell who has an account.
        flash("That is no name and password of an account.")
    return render_template("auth/form.html", title="Log In")


@bp.post("/logout")
def logout():
    """Forget who this is."""
    session.clear()
    return redirect(url_for("posts.index"))
