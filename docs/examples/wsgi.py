"""The guestbook for any WSGI server that is told a module: it calls it ``application``."""

from guestbook import create_app

application = create_app()
