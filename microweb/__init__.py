"""microweb: Flask's whole job in one package, on Python's standard library alone.

The public names, and nothing else. They resolve on first use, so that importing the package costs
next to nothing and a program pays for the parts that it touches.
"""

from __future__ import annotations

import sys

__version__ = "0.1.0"

TYPE_CHECKING = False
if TYPE_CHECKING:
    from . import json as json
    from .app import Flask as Flask
    from .app import Microweb as Microweb
    from .blueprints import Blueprint as Blueprint
    from .config import Config as Config
    from .ctx import after_this_request as after_this_request
    from .ctx import copy_current_request_context as copy_current_request_context
    from .ctx import has_app_context as has_app_context
    from .ctx import has_request_context as has_request_context
    from .globals import current_app as current_app
    from .globals import g as g
    from .globals import request as request
    from .globals import session as session
    from .helpers import abort as abort
    from .helpers import flash as flash
    from .helpers import get_flashed_messages as get_flashed_messages
    from .helpers import get_template_attribute as get_template_attribute
    from .helpers import make_response as make_response
    from .helpers import redirect as redirect
    from .helpers import send_file as send_file
    from .helpers import send_from_directory as send_from_directory
    from .helpers import stream_with_context as stream_with_context
    from .helpers import url_for as url_for
    from .json import jsonify as jsonify
    from .markup import Markup as Markup
    from .markup import escape as escape
    from .signals import appcontext_popped as appcontext_popped
    from .signals import appcontext_pushed as appcontext_pushed
    from .signals import appcontext_tearing_down as appcontext_tearing_down
    from .signals import before_render_template as before_render_template
    from .signals import got_request_exception as got_request_exception
    from .signals import message_flashed as message_flashed
    from .signals import request_finished as request_finished
    from .signals import request_started as request_started
    from .signals import request_tearing_down as request_tearing_down
    from .signals import template_rendered as template_rendered
    from .templating import render_template as render_template
    from .templating import render_template_string as render_template_string
    from .templating import stream_template as stream_template
    from .templating import stream_template_string as stream_template_string
    from .wrappers import Request as Request
    from .wrappers import Response as Response

#: The module that each public name comes from.
_HOMES = {
    "app": "Flask Microweb",
    "blueprints": "Blueprint",
    "config": "Config",
    "ctx": "after_this_request copy_current_request_context has_app_context has_request_context",
    "globals": "current_app g request session",
    "helpers": "abort flash get_flashed_messages get_template_attribute make_response redirect"
    " send_file send_from_directory stream_with_context url_for",
    "json": "jsonify",
    "markup": "Markup escape",
    "signals": "appcontext_popped appcontext_pushed appcontext_tearing_down"
    " before_render_template got_request_exception message_flashed request_finished"
    " request_started request_tearing_down template_rendered",
    "templating": "render_template render_template_string stream_template stream_template_string",
    "wrappers": "Request Response",
}
_SOURCES = {name: module for module, names in _HOMES.items() for name in names.split()}

__all__ = ["__version__", "json", *_SOURCES]
# As in Flask, nobody has to import them: `import microweb as flask`, then `flask.cli.with_appcontext`.
_MODULES = {*_HOMES, "cli", "logging", "sessions", "typing"}


#: This module's names. Not by globals(), which the submodule of that name hides when this is loaded again.
_names = vars()


def __getattr__(name: str) -> object:
    module = name if name in _MODULES else _SOURCES.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    # __import__ and not importlib, which a bare interpreter has not loaded.
    __import__(f"{__name__}.{module}")
    home = sys.modules[f"{__name__}.{module}"]
    value: object = home if name == module else getattr(home, name)
    _names[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*_names, *__all__})
