"""The database: one connection for each application context."""

import sqlite3

from microweb import current_app, g


def get_db():
    """The connection of this request; it is opened when it is first asked for."""
    if "db" not in g:
        g.db = sqlite3.connect(current_app.config["DATABASE"])
        g.db.row_factory = sqlite3.Row
        g.db.execute("PRAGMA foreign_keys = ON")
    return g.db


def close_db(error=None):
    """Close the connection, if there is one."""
    db = g.pop("db", None)
    if db is not None:
        db.close()


def init_db():
    """Make the tables."""
    with current_app.open_resource("schema.sql", "r") as file:
        get_db().executescript(file.read())


def init_app(app):
    """Have the application close what was opened, and know the command that makes the tables."""
    app.teardown_appcontext(close_db)

    @app.cli.command("init-db")
    def init_db_command():
        """Make the tables of an empty database."""
        init_db()
        print("The database is ready.")
