"""A blog: visitors register, log in, and write posts."""

import os

from microweb import Microweb


def create_app(config=None):
    """Make the application; ``config`` overrides its settings, for tests."""
    app = Microweb(__name__, instance_relative_config=True)
    app.config.from_mapping(
        SECRET_KEY="dev", DATABASE=os.path.join(app.instance_path, "blog.db"), SESSION_COOKIE_SAMESITE="Lax"
    )
    app.config.from_pyfile("config.py", silent=True)
    app.config.from_prefixed_env("BLOG")
    app.config.from_mapping(config or {})
    os.makedirs(app.instance_path, exist_ok=True)

    from . import auth, db, posts

    db.init_app(app)
    app.register_blueprint(auth.bp)
    app.register_blueprint(posts.bp)
    return app
