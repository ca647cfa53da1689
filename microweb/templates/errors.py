"""What goes wrong with a template: one tree, whose leaves carry the evidence.

The rule: an error names the template and the line, shows the line, and says what was met and
what was expected. Messages are written where the mistake is found; this module only places them.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t


class TemplateError(Exception):
    """Base class of all that the engine raises by itself."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message)
        self.message: t.Any = message


class TemplateNotFound(OSError, LookupError, TemplateError):
    """No loader has a template of this `name`."""

    def __init__(self, name: t.Any, message: str | None = None) -> None:
        OSError.__init__(self, name)
        fail = getattr(type(name), "_fail_with_undefined_error", None)
        if message is None and fail is not None:
            fail(name)  # An undefined name is the real mistake: let it say which variable was missing.
        self.message = name if message is None else message
        self.name, self.templates = name, [name]

    def __str__(self) -> str:
        return str(self.message)


class TemplatesNotFound(TemplateNotFound):
    """None of several `templates` was found."""

    def __init__(self, names: t.Sequence[t.Any] = (), message: str | None = None) -> None:
        if message is None:
            tried = ", ".join(str(getattr(name, "_undefined_message", name)) for name in names)
            message = f"none of the templates given were found: {tried}"
        super().__init__(names[-1] if names else None, message)
        self.templates = list(names)


class TemplateSyntaxError(TemplateError):
    """The template's text cannot be understood."""

    def __init__(self, message: str, lineno: int, name: t.Any = None, filename: t.Any = None) -> None:
        super().__init__(message)
        self.lineno, self.name, self.filename = lineno, name, filename
        self.source: str | None = None

    def __str__(self) -> str:
        file = self.filename or self.name
        place = f'File "{file}", ' if file else ""
        text = [str(self.message), f"  {place}line {self.lineno}"]
        # Only these three count as line ends in a template; splitlines() knows more.
        lines = (self.source or "").replace("\r\n", "\n").replace("\r", "\n").split("\n")
        if self.source and self.lineno <= len(lines):
            # A minified page may be one line.
            text.append(f"    {lines[self.lineno - 1].strip()[:200]}")
        return "\n".join(text)

    def __reduce__(self) -> tuple[t.Any, ...]:
        # An exception pickles its args, and those are not the ones that __init__ wants.
        return type(self), (self.message, self.lineno, self.name, self.filename)


class TemplateAssertionError(TemplateSyntaxError):
    """The text is well formed, and still cannot work: an unknown filter, a block defined twice."""


class TemplateRuntimeError(TemplateError):
    """Found out while rendering."""


class TemplateRecursionError(TemplateRuntimeError, RecursionError):
    """Templates include, extend, import or call one another without end."""


class UndefinedError(TemplateRuntimeError):
    """Something was done with an undefined value that it does not allow."""


class SecurityError(TemplateRuntimeError):
    """A template reached for something that templates must not have."""


class FilterArgumentError(TemplateRuntimeError):
    """A filter was called with arguments that make no sense together."""
