# ruff: noqa: F403, I001 - type checkers look into the modules themselves
"""HTTP messages as objects: no sockets, no application.

The rule: every public name is offered here, and none is loaded before it is asked for. A plain request needs
a handful of these modules; the table says which module has what.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

#: What each module offers under the package's own name.
_NAMES = {
    "accept": "Accept CharsetAccept LanguageAccept MIMEAccept parse_accept_header",
    "auth": "Authorization WWWAuthenticate",
    "caching": "ContentRange ETags IfRange Range generate_etag is_byte_range_valid is_resource_modified"
    " parse_content_range_header parse_etags parse_if_range_header parse_range_header quote_etag"
    " unquote_etag",
    "cookies": "dump_cookie parse_cookie",
    "datastructures": "CallbackDict CombinedMultiDict HeaderSet ImmutableDict ImmutableList"
    " ImmutableMultiDict ImmutableOrderedMultiDict ImmutableTypeConversionDict MultiDict OrderedMultiDict"
    " TypeConversionDict UpdateDictMixin iter_multi_items parse_set_header",
    "dates": "dump_age http_date parse_age parse_date",
    "directives": "ContentSecurityPolicy RequestCacheControl ResponseCacheControl dump_csp_header"
    " parse_cache_control_header parse_csp_header",
    "forms": "FormDataParser parse_form_data",
    "headers": "EnvironHeaders Headers is_entity_header is_hop_by_hop_header remove_entity_headers"
    " remove_hop_by_hop_headers",
    "options": "dump_header dump_options_header parse_dict_header parse_list_header parse_options_header"
    " quote_header_value unquote_header_value",
    "properties": "cached_property environ_property header_property",
    "redirects": "append_slash_redirect redirect",
    "request": "Request",
    "response": "COEP COOP Response",
    "uploads": "FileMultiDict FileStorage default_stream_factory",
    "urls": "host_is_trusted iri_to_uri parse_query uri_to_iri url_encode url_quote url_unquote",
    "wsgi": "ClosingIterator FileWrapper LimitedStream get_content_length get_current_url get_host"
    " get_input_stream get_path_info responder wrap_file",
    "..exceptions": "HTTP_STATUS_CODES",
}
#: The same by name, which is how it is asked.
_MODULES = {name: module for module, names in _NAMES.items() for name in names.split()}


def __getattr__(name: str) -> t.Any:
    module = _MODULES.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # not before a name is asked for

    path = module if module[0] == "." else f".{module}"
    # Kept, so that the next look-up does not come here.
    value = globals()[name] = getattr(import_module(path, __name__), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULES})


if TYPE_CHECKING:
    # The modules of the table once more, for type checkers.
    from ..exceptions import HTTP_STATUS_CODES as HTTP_STATUS_CODES
    from .accept import *
    from .auth import *
    from .caching import *
    from .cookies import *
    from .datastructures import *
    from .dates import *
    from .directives import *
    from .forms import *
    from .headers import *
    from .options import *
    from .properties import *
    from .redirects import *
    from .request import *  # type: ignore[no-redef]
    from .response import *  # type: ignore[no-redef]
    from .uploads import *
    from .wsgi import *
    from .urls import *  # type: ignore[assignment]  # two of its names are meant as wsgi has them
