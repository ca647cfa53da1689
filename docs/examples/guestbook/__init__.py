"""A guestbook: SQLite, sessions, templates, forms and uploads, on nothing but the standard library.

Run it from the root of the repository, and open the address that it prints:

    python3 -m microweb --app docs/examples/guestbook run

The entries and pictures lie in the instance folder, ``docs/examples/instance``.
"""

import os
import secrets

from microweb import Microweb, render_template

from . import api, book, db


def create_app(config=None):
    """Make the application; ``config`` overrides its settings, for tests."""
    app = Microweb(__name__)
    app.config.from_mapping(
        DATABASE=os.path.join(app.instance_path, "guestbook.sqlite3"),
        PICTURES=os.path.join(app.instance_path, "pictures"),
        MAX_CONTENT_LENGTH=4 * 1024 * 1024,
        SESSION_COOKIE_SAMESITE="Lax",
    )
    app.config.from_prefixed_env("GUESTBOOK")
    app.config.from_mapping(config or {})
    os.makedirs(app.config["PICTURES"], exist_ok=True)
    if not app.config["SECRET_KEY"]:
        app.config["SECRET_KEY"] = _kept_secret(app.config["DATABASE"] + ".key")
    db.init_app(app)
    app.register_blueprint(book.bp)
    app.register_blueprint(api.bp)
    for code in (400, 403, 404, 405, 413):
        app.register_error_handler(code, _error_page)
    return app


def _kept_secret(path):
    """The key that signs the sessions: made once, so that visitors survive a restart."""
    if not os.path.exists(path):
        draft = f"{path}.{os.getpid()}"
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(secrets.token_hex(32))
        try:
            os.link(draft, path)  # never replaces: of several worker processes, the first one wins
        except FileExistsError:
            pass
        os.remove(draft)
    with open(path, encoding="ascii") as file:
        return file.read()


def _error_page(error):
    response = error.get_response()
    response.set_data(render_template("error.html", error=error))
    return response
