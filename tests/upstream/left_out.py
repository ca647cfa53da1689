"""Upstream tests that are not run, each with the reason a user would be given.

Keys are ``suite/path`` for a whole file or ``suite/path::test`` for one test (with all its
parameters, or with one: ``...::test[param]``). Whatever is not named here counts.
"""

from __future__ import annotations

_ASYNC = "templates render synchronously; async rendering is not part of the engine"
_SANDBOX = "there is no sandboxed environment: templates are trusted code, as in Flask"
_NATIVE = "native types are not offered: a template renders to text"
_BYTECODE = "no bytecode cache: templates compile fast and are kept in memory"
_BABEL = "message extraction is a development step: pybabel runs it with Jinja2's own plug-in"
_QUEUE = "looks at a private attribute of the cache"
_NAMED = "expects the peer's own name in a traceback or a repr"
_PROXY = "no reverse proxy: it needs an HTTP client as careful as the server; the web server in front has one"
_ASSET = "serves a script of the peer's own debugger, out of its package"
_STRICT = "two readers would see two requests, so the server refuses it: security.md, row "
_WATCHDOG = "is about a package of others, and the class that drives it"
_PRIVATE = "imports private parts of the peer's compiler"

LEFT_OUT: dict[str, str] = {
    "jinja2/test_async.py": _ASYNC,
    "jinja2/test_async_filters.py": _ASYNC,
    "jinja2/test_security.py": _SANDBOX,
    "jinja2/test_nativetypes.py": _NATIVE,
    "jinja2/test_bytecode_cache.py": _BYTECODE,
    "jinja2/test_compile.py": _PRIVATE,
    "jinja2/test_idtracking.py": _PRIVATE,
    "markupsafe/test_ext_init.py::test_ext_init": "about the initialisation of a C extension",
    "werkzeug/middleware/test_http_proxy.py": _PROXY,
    "werkzeug/middleware/test_shared_data.py::test_shared_data_middleware": _ASSET,
    "werkzeug/test_serving.py::test_untrusted_host": _STRICT + "B4 (a fragment in the target)",
    "werkzeug/test_serving.py::test_double_slash_path": _STRICT + "B6 (PATH_INFO is what was sent)",
    "werkzeug/test_serving.py::test_chunked_request[True]": _STRICT + "B11 (a length beside chunks)",
    "werkzeug/test_serving.py::test_multiple_headers_concatenated": _STRICT + "B17 (blanks end no value)",
    "werkzeug/test_serving.py::test_multiline_header_folding": _STRICT + "B31, B32 (folded lines)",
    "werkzeug/test_serving.py::test_streaming_close_response[crash]": "wants a response that was cut to look"
    " whole; ours is visibly broken: RFC 9112 8",
    "werkzeug/test_serving.py::test_watchdog_reloader_ignores_opened": _WATCHDOG,
    "werkzeug/test_serving.py::test_watchdog_reloader_ignores_closed_no_write": _WATCHDOG,
    "jinja2/test_api.py::TestExtendedAPI::test_item_and_attribute": _SANDBOX,
    "jinja2/test_api.py::TestExtendedAPI::test_sandbox_max_range": _SANDBOX,
    "jinja2/test_api.py::TestLowLevel::test_custom_code_generator": _PRIVATE,
    "jinja2/test_ext.py::TestInternationalization::test_extract": _BABEL,
    "jinja2/test_ext.py::TestInternationalization::test_extract_trimmed": _BABEL,
    "jinja2/test_ext.py::TestInternationalization::test_extract_trimmed_option": _BABEL,
    "jinja2/test_ext.py::TestInternationalization::test_comment_extract": _BABEL,
    "jinja2/test_ext.py::TestInternationalization::test_extract_context": _BABEL,
    "jinja2/test_utils.py::TestLRUCache::test_pickleable": _QUEUE,
    "jinja2/test_utils.py::TestLRUCache::test_copy": _QUEUE,
    "jinja2/test_utils.py::TestLRUCache::test_clear": _QUEUE,
    "jinja2/test_debug.py::TestDebug::test_syntax_error": _NAMED,
    "jinja2/test_debug.py::TestDebug::test_regular_syntax_error": _NAMED,
    "jinja2/test_debug.py::TestDebug::test_local_extraction": _PRIVATE,
    "flask/test_appctx.py::test_app_ctx_globals_methods": _NAMED,
}
