"""Upstream tests that are not run, each with the reason a user would be given.

Keys are ``suite/path`` for a whole file or ``suite/path::test`` for one test (with all its
parameters, or with one: ``...::test[param]``). Whatever is not named here counts.
"""

from __future__ import annotations

_ASYNC = "templates render synchronously; async rendering is not part of the engine"
_SANDBOX = "there is no sandboxed environment: templates are trusted code, as in Flask"
_NATIVE = "native types are not offered: a template renders to text"
_BYTECODE = "no bytecode cache: templates compile fast and are kept in memory"
_PRIVATE = "imports private parts of the peer's compiler, which has no counterpart here"

LEFT_OUT: dict[str, str] = {
    "jinja2/test_async.py": _ASYNC,
    "jinja2/test_async_filters.py": _ASYNC,
    "jinja2/test_security.py": _SANDBOX,
    "jinja2/test_nativetypes.py": _NATIVE,
    "jinja2/test_bytecode_cache.py": _BYTECODE,
    "jinja2/test_compile.py": _PRIVATE,
    "jinja2/test_idtracking.py": _PRIVATE,
    "markupsafe/test_ext_init.py::test_ext_init": "about the initialisation of a C extension",
}
