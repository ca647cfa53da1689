"""Errors that explain themselves: raised in debug mode where a plain one would puzzle.

Imported only when there is something to explain.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    from .wrappers import Request


class DebugFilesKeyError(KeyError, AssertionError):
    """A file was looked for in a form that did not send its files."""

    def __init__(self, request: Request, key: str) -> None:
        super().__init__(key)
        message = (
            f"You tried to access the file {key!r} in the request.files dictionary but it does"
            f" not exist. The mimetype for the request is {request.mimetype!r} instead of"
            " 'multipart/form-data', which means that no file contents were transmitted. To fix"
            ' this error, provide enctype="multipart/form-data" in your form.'
        )
        names = request.form.getlist(key)
        if names:
            submitted = ", ".join(repr(name) for name in names)
            message += f"\n\nThe browser instead transmitted some file names. This was submitted: {submitted}"
        self.msg = message

    def __str__(self) -> str:
        return self.msg


class FormDataRoutingRedirect(AssertionError):
    """Routing would answer a request that carries a form with a redirect that loses the form."""

    def __init__(self, request: Request) -> None:
        error: t.Any = request.routing_exception
        message = (
            f"A request was sent to '{request.url}', but routing issued a redirect to the"
            f" canonical URL '{error.new_url}'."
        )
        if f"{request.base_url}/" == error.new_url.partition("?")[0]:
            message += (
                " The URL was defined with a trailing slash. A request without the trailing"
                " slash is redirected to the URL with it."
            )
        super().__init__(
            f"{message} Send requests to the canonical URL, or use 307 or 308 for routing"
            " redirects. Otherwise, browsers will drop form data.\n\n"
            "This exception is only raised in debug mode."
        )


def explain_missing_files(request: Request) -> None:
    """Make ``request.files[key]`` explain itself where the form has the key as a plain field."""
    plain = type(request.files)

    class ExplainingFiles(plain):  # type: ignore[valid-type, misc]
        def __getitem__(self, key: str) -> t.Any:
            try:
                return super().__getitem__(key)
            except KeyError as error:
                if key not in request.form:
                    raise
                raise DebugFilesKeyError(request, key).with_traceback(error.__traceback__) from None

    ExplainingFiles.__name__ = plain.__name__
    ExplainingFiles.__module__ = plain.__module__
    request.files.__class__ = ExplainingFiles
