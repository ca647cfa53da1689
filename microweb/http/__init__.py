# ruff: noqa: I001 - the names for type checkers, several a line
"""HTTP messages as objects: no sockets, no application.

The rule: every public name is offered here, and none is loaded before it is asked for. A plain request needs
a handful of these modules; the table says which module has what.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

_NAMES = {
    "accept": "Accept CharsetAccept LanguageAccept MIMEAccept parse_accept_header",
    "auth": "Authorization WWWAuthenticate",
    "caching": "ETags RequestCacheControl ResponseCacheControl generate_etag is_resource_modified"
    " parse_cache_control_header parse_etags quote_etag unquote_etag",
    "cookies": "dump_cookie parse_cookie",
    "csp": "COEP COOP ContentSecurityPolicy dump_csp_header parse_csp_header",
    "datastructures": "CallbackDict CombinedMultiDict HeaderSet ImmutableDict ImmutableList"
    " ImmutableMultiDict ImmutableOrderedMultiDict ImmutableTypeConversionDict MultiDict OrderedMultiDict"
    " TypeConversionDict UpdateDictMixin iter_multi_items parse_set_header",
    "dates": "dump_age http_date parse_age parse_date",
    "filestorage": "FileMultiDict FileStorage",
    "forms": "FormDataParser parse_form_data",
    "headers": "EnvironHeaders Headers is_entity_header is_hop_by_hop_header remove_entity_headers"
    " remove_hop_by_hop_headers",
    "options": "dump_header dump_options_header parse_dict_header parse_list_header parse_options_header"
    " quote_header_value unquote_header_value",
    "properties": "cached_property environ_property header_property",
    "ranges": "ContentRange IfRange Range is_byte_range_valid parse_content_range_header"
    " parse_if_range_header parse_range_header",
    "redirects": "append_slash_redirect redirect",
    "request": "Request",
    "response": "Response",
    "uploads": "default_stream_factory",
    "urls": "host_is_trusted iri_to_uri parse_query uri_to_iri url_encode url_quote url_unquote",
    "wsgi": "ClosingIterator FileWrapper LimitedStream get_content_length get_current_url get_host"
    " get_input_stream get_path_info responder wrap_file",
    "..exceptions": "HTTP_STATUS_CODES",
}
_MODULES = {name: module for module, names in _NAMES.items() for name in names.split()}


def __getattr__(name: str) -> t.Any:
    module = _MODULES.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # not before a name is asked for

    path = module if module[0] == "." else f".{module}"
    value = globals()[name] = getattr(import_module(path, __name__), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULES})


if TYPE_CHECKING:
    # The table once more, in the words of type checkers.
    # fmt: off
    from ..exceptions import HTTP_STATUS_CODES as HTTP_STATUS_CODES
    from .accept import (
        Accept as Accept, CharsetAccept as CharsetAccept, LanguageAccept as LanguageAccept, MIMEAccept as
        MIMEAccept, parse_accept_header as parse_accept_header
    )
    from .auth import Authorization as Authorization, WWWAuthenticate as WWWAuthenticate
    from .caching import (
        ETags as ETags, RequestCacheControl as RequestCacheControl, ResponseCacheControl as
        ResponseCacheControl, generate_etag as generate_etag, is_resource_modified as is_resource_modified,
        parse_cache_control_header as parse_cache_control_header, parse_etags as parse_etags, quote_etag as
        quote_etag, unquote_etag as unquote_etag
    )
    from .cookies import dump_cookie as dump_cookie, parse_cookie as parse_cookie
    from .csp import (
        COEP as COEP, COOP as COOP, ContentSecurityPolicy as ContentSecurityPolicy, dump_csp_header as
        dump_csp_header, parse_csp_header as parse_csp_header
    )
    from .datastructures import (
        CallbackDict as CallbackDict, CombinedMultiDict as CombinedMultiDict, HeaderSet as HeaderSet,
        ImmutableDict as ImmutableDict, ImmutableList as ImmutableList, ImmutableMultiDict as
        ImmutableMultiDict, ImmutableOrderedMultiDict as ImmutableOrderedMultiDict,
        ImmutableTypeConversionDict as ImmutableTypeConversionDict, MultiDict as MultiDict, OrderedMultiDict
        as OrderedMultiDict, TypeConversionDict as TypeConversionDict, UpdateDictMixin as UpdateDictMixin,
        iter_multi_items as iter_multi_items, parse_set_header as parse_set_header
    )
    from .dates import (
        dump_age as dump_age, http_date as http_date, parse_age as parse_age, parse_date as parse_date
    )
    from .filestorage import FileMultiDict as FileMultiDict, FileStorage as FileStorage
    from .forms import FormDataParser as FormDataParser, parse_form_data as parse_form_data
    from .headers import (
        EnvironHeaders as EnvironHeaders, Headers as Headers, is_entity_header as is_entity_header,
        is_hop_by_hop_header as is_hop_by_hop_header, remove_entity_headers as remove_entity_headers,
        remove_hop_by_hop_headers as remove_hop_by_hop_headers
    )
    from .options import (
        dump_header as dump_header, dump_options_header as dump_options_header, parse_dict_header as
        parse_dict_header, parse_list_header as parse_list_header, parse_options_header as
        parse_options_header, quote_header_value as quote_header_value, unquote_header_value as
        unquote_header_value
    )
    from .properties import (
        cached_property as cached_property, environ_property as environ_property, header_property as
        header_property
    )
    from .ranges import (
        ContentRange as ContentRange, IfRange as IfRange, Range as Range, is_byte_range_valid as
        is_byte_range_valid, parse_content_range_header as parse_content_range_header, parse_if_range_header
        as parse_if_range_header, parse_range_header as parse_range_header
    )
    from .redirects import append_slash_redirect as append_slash_redirect, redirect as redirect
    from .request import Request as Request
    from .response import Response as Response
    from .uploads import default_stream_factory as default_stream_factory
    from .urls import (
        host_is_trusted as host_is_trusted, iri_to_uri as iri_to_uri, parse_query as parse_query, uri_to_iri
        as uri_to_iri, url_encode as url_encode, url_quote as url_quote, url_unquote as url_unquote
    )
    from .wsgi import (
        ClosingIterator as ClosingIterator, FileWrapper as FileWrapper, LimitedStream as LimitedStream,
        get_content_length as get_content_length, get_current_url as get_current_url, get_host as get_host,
        get_input_stream as get_input_stream, get_path_info as get_path_info, responder as responder,
        wrap_file as wrap_file
    )
    # fmt: on
