"""Which module here each name of each peer module lives in.

A row is a list of sources, ``module: names``, divided by semicolons; what stands first wins. ``*``
takes all names that are public there, ``alias=name`` one that is called otherwise. Modules are named
from the root of this package, which is itself the nameless one. Rows without sources exist for the
modules below them.

Names that are absent here are so on purpose: extensions probe for those of older versions
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

# What several peer modules import from one place, and programs then import from any of them.
_PROXIES = "globals: app_ctx current_app g request request_ctx session"
_CONTEXTS = "compat.extras: _cv_app _cv_request"

_FLASK = {
    "flask": ": *",
    "flask.app": f"app: * Flask=Microweb; {_PROXIES}; {_CONTEXTS}; routing.rules: Rule;"
    " routing.adapter: MapAdapter; http.headers: Headers; templating: Environment;"
    " wrappers: Request Response; ctx: AppContext RequestContext; helpers: get_debug_flag",
    "flask.blueprints": "blueprints: * SansioBlueprint=Blueprint",
    "flask.config": "config: Config ConfigAttribute import_string",
    "flask.ctx": f"ctx: * _AppCtxGlobals; {_CONTEXTS}",
    "flask.debughelpers": "debughelpers: *",
    "flask.globals": f"{_PROXIES}; {_CONTEXTS}; local: LocalProxy",
    "flask.helpers": f"helpers: *; packages: get_root_path; {_PROXIES}; {_CONTEXTS};"
    " wrappers: _split_blueprint_path=blueprint_chain",
    "flask.json": "json: dump dumps jsonify load loads; globals: current_app",
    "flask.json.provider": "json.provider: * _default",
    "flask.json.tag": "json.tag: *",
    "flask.logging": "logging: *",
    "flask.sansio": "",
    "flask.sansio.app": "app: App=Microweb *",
    "flask.sansio.blueprints": "blueprints: *",
    "flask.sansio.scaffold": "scaffold: * _endpoint_from_view_func; packages: *",
    "flask.sessions": "sessions: *; signing: BadSignature URLSafeTimedSerializer;"
    " http.datastructures: CallbackDict; json.tag: TaggedJSONSerializer",
    "flask.signals": ": appcontext_popped appcontext_pushed appcontext_tearing_down"
    " before_render_template got_request_exception message_flashed request_finished"
    " request_started request_tearing_down template_rendered; signals: Namespace _signals",
    "flask.templating": "templating: * _render _stream; helpers: _default_template_ctx_processor",
    "flask.testing": "testing: EnvironBuilder=AppEnvironBuilder FlaskClient=AppClient",
    "flask.typing": "typing: *",
    "flask.views": "views: *",
    "flask.wrappers": "wrappers: Request Response; http.request: RequestBase=Request;"
    " http.response: ResponseBase=Response",
}

_HTTP = (
    "exceptions: HTTP_STATUS_CODES; http.options: dump_header dump_options_header"
    " parse_dict_header parse_list_header parse_options_header quote_header_value"
    " unquote_header_value; http.datastructures: parse_set_header; http.headers: is_entity_header"
    " is_hop_by_hop_header remove_entity_headers remove_hop_by_hop_headers; http.dates: dump_age"
    " http_date parse_age parse_date; http.cookies: dump_cookie parse_cookie; http.caching:"
    " generate_etag is_resource_modified parse_cache_control_header parse_etags quote_etag"
    " unquote_etag; http.ranges: is_byte_range_valid parse_content_range_header"
    " parse_if_range_header parse_range_header; http.accept: parse_accept_header; http.csp: COEP"
    " COOP dump_csp_header parse_csp_header"
)
_STRUCTURES = (
    "http.datastructures: CallbackDict CombinedMultiDict HeaderSet ImmutableDict ImmutableList"
    " ImmutableMultiDict ImmutableTypeConversionDict MultiDict TypeConversionDict;"
    " http.urls: iter_multi_items"
)
_MIXINS = (
    "http.datastructures: ImmutableDictMixin ImmutableListMixin ImmutableMultiDictMixin"
    " UpdateDictMixin; http.headers: ImmutableHeadersMixin"
)
_AUTH = "http.auth: Authorization WWWAuthenticate"
_CACHE = "http.caching: RequestCacheControl ResponseCacheControl"
_HEADERS = "http.headers: EnvironHeaders Headers"
_ACCEPT = "http.accept: Accept CharsetAccept LanguageAccept MIMEAccept"
_CSP = "http.csp: ContentSecurityPolicy"
_FILES = "http.filestorage: FileStorage FileMultiDict"
_RANGES = "http.ranges: ContentRange IfRange Range"
_ROUTES = "routing.map: *; routing.adapter: *"
_RULES = "routing.rules: *; routing.factories: *; routing.pattern: parse_converter_args"
_ROUTING = "routing.converters: *; routing.exceptions: *; routing.matcher: StateMachineMatcher"

_WERKZEUG = {
    "werkzeug": "http.request: Request; http.response: Response; testing: Client; server.serving: run_simple",
    "werkzeug._internal": "compat.extras: _log _get_environ; http.datastructures:"
    " _missing=MISSING; http.wsgi: _wsgi_decoding_dance=decode_wsgi _plain_int=plain_int;"
    " http.builder: _wsgi_encoding_dance=encode_wsgi",
    "werkzeug.datastructures": f"{_STRUCTURES}; {_MIXINS}; {_ACCEPT}; {_AUTH}; {_CACHE}; {_CSP};"
    f" {_FILES}; {_HEADERS}; {_RANGES}; http.caching: ETags;"
    " http.datastructures: OrderedMultiDict ImmutableOrderedMultiDict",
    "werkzeug.datastructures.accept": _ACCEPT,
    "werkzeug.datastructures.auth": _AUTH,
    "werkzeug.datastructures.cache_control": f"{_CACHE}; http.caching: cache_control_property",
    "werkzeug.datastructures.csp": f"{_CSP}; http.csp: csp_property",
    "werkzeug.datastructures.etag": "http.caching: ETags",
    "werkzeug.datastructures.file_storage": _FILES,
    "werkzeug.datastructures.headers": _HEADERS,
    "werkzeug.datastructures.mixins": _MIXINS,
    "werkzeug.datastructures.range": _RANGES,
    "werkzeug.datastructures.structures": f"{_STRUCTURES}; http.datastructures: _missing=MISSING"
    " _OrderedMultiDict=OrderedMultiDict _ImmutableOrderedMultiDict=ImmutableOrderedMultiDict",
    "werkzeug.exceptions": "exceptions: * _aborter",
    "werkzeug.formparser": "http.uploads: *; http.forms: *",
    "werkzeug.http": _HTTP,
    "werkzeug.local": "local: *",
    "werkzeug.middleware": "",
    "werkzeug.middleware.dispatcher": "middleware: DispatcherMiddleware",
    "werkzeug.middleware.proxy_fix": "middleware: ProxyFix",
    "werkzeug.middleware.shared_data": "middleware: SharedDataMiddleware",
    "werkzeug.routing": f"{_ROUTES}; {_RULES}; {_ROUTING}",
    "werkzeug.routing.converters": "routing.converters: *",
    "werkzeug.routing.exceptions": "routing.exceptions: *",
    "werkzeug.routing.map": _ROUTES,
    "werkzeug.routing.matcher": "routing.matcher: StateMachineMatcher",
    "werkzeug.routing.rules": _RULES,
    "werkzeug.sansio": "",
    "werkzeug.sansio.http": "compat.extras: is_resource_modified; http.cookies: parse_cookie=parse_cookie_text",
    "werkzeug.sansio.multipart": "http.multipart: *",
    "werkzeug.sansio.request": "compat.extras: Request=SansIORequest",
    "werkzeug.sansio.response": "compat.extras: Response=SansIOResponse",
    "werkzeug.sansio.utils": "compat.extras: get_host; http.urls: get_current_url host_is_trusted;"
    " http.wsgi: get_content_length=parse_content_length",
    "werkzeug.security": "security: check_password_hash gen_salt generate_password_hash safe_join"
    " _os_alt_seps _windows_device_files",
    "werkzeug.serving": "server.serving: is_running_from_reloader make_server run_simple",
    "werkzeug.test": "testing: Client ClientRedirectError Cookie EnvironBuilder TestResponse"
    " create_environ encode_multipart run_wsgi_app stream_encode_multipart",
    "werkzeug.urls": "http.urls: iri_to_uri uri_to_iri _urlencode=url_encode",
    "werkzeug.user_agent": "http.useragent: UserAgent",
    "werkzeug.utils": "http.properties: *; http.redirects: *; config: find_modules import_string"
    " ImportStringError; security: secure_filename; files: send_file send_from_directory;"
    " http.response_headers: get_content_type; http.datastructures: _missing=MISSING",
    "werkzeug.wrappers": "http.request: Request; http.response: Response ResponseStream",
    "werkzeug.wrappers.request": "http.request: Request",
    "werkzeug.wrappers.response": "http.response: Response ResponseStream",
    "werkzeug.wsgi": "http.wsgi: ClosingIterator FileWrapper LimitedStream get_content_length"
    " get_current_url get_host get_input_stream get_path_info responder wrap_file"
    " _get_server=get_server _RangeWrapper=RangeWrapper; http.urls: host_is_trusted",
}

_LOADERS = (
    "templates.loaders: BaseLoader ChoiceLoader DictLoader FileSystemLoader FunctionLoader"
    " ModuleLoader PackageLoader PrefixLoader"
)
_UNDEFINED = (
    "templates.runtime: ChainableUndefined DebugUndefined StrictUndefined Undefined make_logging_undefined"
)

_JINJA = {
    "jinja2": "templates.environment: Environment Template; templates.errors:"
    " TemplateAssertionError TemplateError TemplateNotFound TemplateRuntimeError"
    " TemplateSyntaxError TemplatesNotFound UndefinedError; compat.extras: clear_caches; templates.utils:"
    " is_undefined pass_context pass_environment pass_eval_context select_autoescape;"
    f" {_LOADERS}; {_UNDEFINED}",
    "jinja2.compiler": "templates.compiler: *",
    "jinja2.defaults": "templates.environment: *",
    "jinja2.environment": "templates.environment: *",
    "jinja2.exceptions": "templates.errors: *",
    "jinja2.ext": "templates.ext: *",
    "jinja2.filters": "templates.filters: * _GroupTuple",
    "jinja2.lexer": "templates.lexer: *",
    "jinja2.loaders": f"{_LOADERS}; templates.loaders: split_template_path",
    "jinja2.meta": "templates.meta: *",
    "jinja2.nodes": "templates.nodes: *",
    "jinja2.parser": "templates.parser: *",
    "jinja2.runtime": "templates.runtime: *; templates.utils: missing; markup: Markup escape",
    "jinja2.tests": "templates.checks: *",
    "jinja2.utils": "templates.utils: *; templates.filters: urlize; markup: Markup escape",
}

_LEAVES = {
    "markupsafe": "markup: *",
    "markupsafe._native": "compat.extras: _escape_inner",
    "markupsafe._speedups": "compat.extras: _escape_inner",
    "itsdangerous": "signing: *",
    "itsdangerous.encoding": "signing: base64_decode base64_encode bytes_to_int int_to_bytes want_bytes",
    "itsdangerous.exc": "signing: BadData BadHeader BadPayload BadSignature BadTimeSignature"
    " SignatureExpired",
    "itsdangerous.serializer": "signing: Serializer is_text_serializer",
    "itsdangerous.signer": "signing: HMACAlgorithm NoneAlgorithm Signer SigningAlgorithm _lazy_sha1",
    "itsdangerous.timed": "signing: TimedSerializer TimestampSigner",
    "itsdangerous.url_safe": "signing: URLSafeSerializer URLSafeSerializerMixin URLSafeTimedSerializer",
    "blinker": "signals: ANY NamedSignal Namespace Signal default_namespace signal",
    "blinker._utilities": "signals: Symbol make_id make_ref",
    "blinker.base": "signals: ANY ANY_ID=_ANY_ID NamedSignal Namespace Signal Symbol"
    " default_namespace signal",
}

TABLE = {**_FLASK, **_WERKZEUG, **_JINJA, **_LEAVES}
