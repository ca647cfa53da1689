"""The database: a connection for each application context, closed when it goes."""

import sqlite3

from microweb import current_app, g

SCHEMA = """
CREATE TABLE IF NOT EXISTS entry (
    id INTEGER PRIMARY KEY,
    author TEXT NOT NULL,
    message TEXT NOT NULL,
    picture TEXT,
    owner TEXT NOT NULL,
    created TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
)
"""

#: What a column can hold; a URL may name larger numbers.
LARGEST = 2**63 - 1


def connect():
    """The connection of the current context; opened when it is first asked for."""
    if "db" not in g:
        g.db = sqlite3.connect(current_app.config["DATABASE"])
        g.db.row_factory = sqlite3.Row
    return g.db


def close(error=None):
    """Close the connection, if there was one."""
    db = g.pop("db", None)
    if db is not None:
        db.close()


def init_app(app):
    """Make the tables, and see to it that connections are closed."""
    app.teardown_appcontext(close)
    with app.app_context():
        connect().execute(SCHEMA)


def entries(page=1, per_page=10):
    """The entries of a page, newest first, and whether there are older ones."""
    offset = min((page - 1) * per_page, LARGEST)
    query = "SELECT * FROM entry ORDER BY id DESC LIMIT ? OFFSET ?"
    rows = connect().execute(query, (per_page + 1, offset)).fetchall()
    return rows[:per_page], len(rows) > per_page


def entry(entry_id):
    """One entry, or None."""
    return connect().execute("SELECT * FROM entry WHERE id = ?", (min(entry_id, LARGEST),)).fetchone()


def add(author, message, owner, picture=None):
    """Store an entry and return its id."""
    with connect() as db:
        cursor = db.execute(
            "INSERT INTO entry (author, message, owner, picture) VALUES (?, ?, ?, ?)",
            (author, message, owner, picture),
        )
    return cursor.lastrowid


def delete(entry_id):
    """Remove an entry."""
    with connect() as db:
        db.execute("DELETE FROM entry WHERE id = ?", (entry_id,))
