"""Names for the types that an application meets: what views return, what hooks look like.

For annotations. The package itself imports this module only while types are checked.
"""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from .http.headers import Headers
    from .http.response import Response

WSGIEnvironment = dict[str, t.Any]
StartResponse = t.Callable[..., t.Any]
WSGIApplication = t.Callable[[WSGIEnvironment, StartResponse], t.Iterable[bytes]]

#: What a view may return as the body.
ResponseValue = t.Union[
    "Response",
    str,
    bytes,
    list[t.Any],
    t.Mapping[str, t.Any],
    t.Iterator[str],
    t.Iterator[bytes],
    WSGIApplication,
]
HeaderValue = t.Union[str, list[str], tuple[str, ...]]
HeadersValue = t.Union["Headers", t.Mapping[str, HeaderValue], t.Sequence[tuple[str, HeaderValue]]]
ResponseReturnValue = t.Union[
    ResponseValue,
    tuple[ResponseValue, HeadersValue],
    tuple[ResponseValue, int],
    tuple[ResponseValue, int, HeadersValue],
    WSGIApplication,
]
ResponseClass = t.TypeVar("ResponseClass", bound="Response")

#: The key of a hook table: a blueprint's name, or None for the application itself.
AppOrBlueprintKey = t.Optional[str]
AfterRequestCallable = t.Callable[[t.Any], t.Any]
BeforeFirstRequestCallable = t.Callable[[], t.Any]
BeforeRequestCallable = t.Callable[[], t.Any]
ShellContextProcessorCallable = t.Callable[[], dict[str, t.Any]]
TeardownCallable = t.Callable[[t.Optional[BaseException]], t.Any]
TemplateContextProcessorCallable = t.Callable[[], t.Any]
TemplateFilterCallable = t.Callable[..., t.Any]
TemplateGlobalCallable = t.Callable[..., t.Any]
TemplateTestCallable = t.Callable[..., bool]
URLDefaultCallable = t.Callable[[str, dict[str, t.Any]], None]
URLValuePreprocessorCallable = t.Callable[[t.Optional[str], t.Optional[dict[str, t.Any]]], None]
ErrorHandlerCallable = t.Callable[[t.Any], t.Any]
RouteCallable = t.Callable[..., t.Any]
