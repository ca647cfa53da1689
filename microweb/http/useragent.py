"""The User-Agent header, unparsed.

The rule: the header is a string that everyone forges; it is kept and not believed. An extension
that wants to know the browser subclasses `UserAgent`, parses the string, and sets
`Request.user_agent_class`.
"""

from __future__ import annotations


class UserAgent:
    """The header's value as `string`; the other attributes are a subclass' to fill."""

    # On the class, so that a subclass sets what it found and no more.
    platform: str | None = None
    browser: str | None = None
    version: str | None = None
    language: str | None = None

    def __init__(self, string: str) -> None:
        self.string = string

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.browser}/{self.version}>"

    def __str__(self) -> str:
        return self.string

    # True for whoever parsed something; the plain class knows nothing and says so.
    def __bool__(self) -> bool:
        return bool(self.browser)

    def to_header(self) -> str:
        """The value as it was sent."""
        return self.string
