"""Which module here each name of each peer module lives in.

A row is a list of sources, ``module: names``, divided by semicolons. ``*`` takes all public names,
``alias=name`` one that is called otherwise here; what stands first wins. Modules are named from the
root of this package. Rows without sources exist for the modules below them.

Names that are absent here on purpose: extensions probe for those of older versions
(``flask._request_ctx_stack``, ``werkzeug.wrappers.BaseResponse``) and must not find them.
"""

from __future__ import annotations

#: The peers, and the version of each whose API is offered.
VERSIONS = {
    "flask": "3.1.3",
    "werkzeug": "3.1.9",
    "jinja2": "3.1.6",
    "markupsafe": "3.0.4",
    "itsdangerous": "2.2.0",
    "blinker": "1.9.0",
}

_FLASK = (
    "app: Flask=Microweb; blueprints: Blueprint; config: Config; globals: current_app g request"
    " session; ctx: after_this_request copy_current_request_context has_app_context"
    " has_request_context; helpers: abort flash get_flashed_messages get_template_attribute"
    " make_response redirect send_file send_from_directory stream_with_context url_for;"
    " json: jsonify; templating: render_template render_template_string stream_template"
    " stream_template_string; wrappers: Request Response; markup: Markup escape; signals:"
    " appcontext_popped appcontext_pushed appcontext_tearing_down before_render_template"
    " got_request_exception message_flashed request_finished request_started"
    " request_tearing_down template_rendered"
)
_PROXIES = "globals: app_ctx current_app g request request_ctx session"
_CONTEXTS = "compat.extras: _cv_app _cv_request"
_DATASTRUCTURES = (
    "http.datastructures: *; http.filestorage: FileStorage FileMultiDict; http.headers: *;"
    " http.accept: *; http.auth: Authorization WWWAuthenticate; http.caching: ETags"
    " RequestCacheControl ResponseCacheControl; http.csp: ContentSecurityPolicy;"
    " http.ranges: ContentRange IfRange Range"
)
_INTERNAL = "compat.extras: _log _wsgi_decoding_dance _wsgi_encoding_dance _get_environ _missing"

TABLE = {
    "flask": _FLASK,
    "flask.app": f"app: * Flask=Microweb; {_PROXIES}; {_CONTEXTS}; routing.rules: Rule; ctx: *",
    "flask.blueprints": "blueprints: *",
    "flask.config": "config: *",
    "flask.ctx": f"ctx: * _AppCtxGlobals; {_CONTEXTS}",
    "flask.debughelpers": "debughelpers: *",
    "flask.globals": f"{_PROXIES}; {_CONTEXTS}; local: LocalProxy",
    "flask.helpers": f"helpers: *; {_PROXIES}; scaffold: get_root_path",
    "flask.json": "json: *",
    "flask.json.provider": "json.provider: * _default",
    "flask.json.tag": "json.tag: *",
    "flask.logging": "logging: *",
    "flask.sansio": "",
    "flask.sansio.app": "app: App=Microweb *",
    "flask.sansio.blueprints": "blueprints: *",
    "flask.sansio.scaffold": "scaffold: * _endpoint_from_view_func",
    "flask.sessions": "sessions: *",
    "flask.signals": "signals: * _signals",
    "flask.templating": "templating: * _render _stream _default_template_ctx_processor",
    "flask.testing": "testing: EnvironBuilder=AppEnvironBuilder FlaskClient=AppClient *",
    "flask.typing": "typing: *",
    "flask.views": "views: *",
    "flask.wrappers": "wrappers: *; http.request: RequestBase=Request;"
    " http.response: ResponseBase=Response",
    "werkzeug": "http.request: Request; http.response: Response; testing: Client;"
    " server.serving: run_simple",
    "werkzeug._internal": _INTERNAL,
    "werkzeug.datastructures": _DATASTRUCTURES,
    "werkzeug.datastructures.accept": "http.accept: *",
    "werkzeug.datastructures.auth": "http.auth: Authorization WWWAuthenticate",
    "werkzeug.datastructures.cache_control": "http.caching: *",
    "werkzeug.datastructures.csp": "http.csp: *",
    "werkzeug.datastructures.etag": "http.caching: ETags",
    "werkzeug.datastructures.file_storage": "http.filestorage: *",
    "werkzeug.datastructures.headers": "http.headers: *",
    "werkzeug.datastructures.mixins": "http.datastructures: *",
    "werkzeug.datastructures.range": "http.ranges: *",
    "werkzeug.datastructures.structures": "http.datastructures: * _ImmutableOrderedMultiDict"
    " _OrderedMultiDict _missing",
    "werkzeug.exceptions": "exceptions: * _aborter",
    "werkzeug.formparser": "http.forms: *; http.multipart: *",
    "werkzeug.http": "exceptions: HTTP_STATUS_CODES; http.options: *; http.dates: *;"
    " http.cookies: *; http.caching: *; http.ranges: *; http.accept: *; http.csp: *; http.auth: *",
    "werkzeug.local": "local: *",
    "werkzeug.middleware": "",
    "werkzeug.middleware.dispatcher": "middleware: DispatcherMiddleware",
    "werkzeug.middleware.proxy_fix": "middleware: ProxyFix",
    "werkzeug.middleware.shared_data": "middleware: SharedDataMiddleware",
    "werkzeug.routing": "routing.map: *; routing.rules: *; routing.converters: *;"
    " routing.exceptions: *; routing.matcher: *",
    "werkzeug.routing.converters": "routing.converters: *",
    "werkzeug.routing.exceptions": "routing.exceptions: *",
    "werkzeug.routing.map": "routing.map: *",
    "werkzeug.routing.matcher": "routing.matcher: *",
    "werkzeug.routing.rules": "routing.rules: *",
    "werkzeug.sansio": "",
    "werkzeug.sansio.http": "http.caching: is_resource_modified; http.cookies: parse_cookie",
    "werkzeug.sansio.multipart": "http.multipart: *",
    "werkzeug.sansio.request": "http.request: *",
    "werkzeug.sansio.response": "http.response: *",
    "werkzeug.sansio.utils": "http.urls: *; http.wsgi: *",
    "werkzeug.security": "security: *",
    "werkzeug.serving": "server.serving: *",
    "werkzeug.test": "testing: *",
    "werkzeug.urls": "http.urls: *",
    "werkzeug.user_agent": "http.request: UserAgent",
    "werkzeug.utils": "http.properties: *; http.redirects: *; config: import_string find_modules"
    " ImportStringError; security: secure_filename; files: send_file send_from_directory;"
    " http.options: get_content_type",
    "werkzeug.wrappers": "http.request: Request; http.response: Response",
    "werkzeug.wrappers.request": "http.request: *",
    "werkzeug.wrappers.response": "http.response: *",
    "werkzeug.wsgi": "http.wsgi: * _RangeWrapper=RangeWrapper; http.urls: get_current_url"
    " get_host get_path_info",
    "jinja2": "templates.environment: Environment Template; templates.errors: *;"
    " templates.loaders: *; templates.runtime: ChainableUndefined DebugUndefined"
    " make_logging_undefined StrictUndefined Undefined; templates.utils: clear_caches"
    " is_undefined pass_context pass_environment pass_eval_context select_autoescape",
    "jinja2.compiler": "templates.compiler: *",
    "jinja2.defaults": "templates.environment: *",
    "jinja2.environment": "templates.environment: *",
    "jinja2.exceptions": "templates.errors: *",
    "jinja2.ext": "templates.ext: *",
    "jinja2.filters": "templates.filters: * _GroupTuple",
    "jinja2.lexer": "templates.lexer: *",
    "jinja2.loaders": "templates.loaders: *",
    "jinja2.meta": "templates.meta: *",
    "jinja2.nodes": "templates.nodes: *",
    "jinja2.parser": "templates.parser: *",
    "jinja2.runtime": "templates.runtime: *",
    "jinja2.tests": "templates.checks: *",
    "jinja2.utils": "templates.utils: *",
    "jinja2.visitor": "templates.nodes: *",
    "markupsafe": "markup: *",
    "itsdangerous": "signing: *",
    "itsdangerous.encoding": "signing: *",
    "itsdangerous.exc": "signing: *",
    "itsdangerous.serializer": "signing: *",
    "itsdangerous.signer": "signing: * _lazy_sha1",
    "itsdangerous.timed": "signing: *",
    "itsdangerous.url_safe": "signing: *",
    "blinker": "signals: ANY NamedSignal Namespace Signal default_namespace signal",
    "blinker._utilities": "signals: Symbol make_id make_ref",
    "blinker.base": "signals: ANY ANY_ID=_ANY_ID NamedSignal Namespace Signal Symbol"
    " default_namespace signal",
}
