"""Credentials and challenges: Authorization and WWW-Authenticate.

The rule (RFC 9110 11): a scheme, then either one token or parameters, never both. What a client sends is
parsed without ever raising; credentials that make no sense are no credentials.
"""

from __future__ import annotations

from .datastructures import CallbackDict
from .options import HeaderValue, dump_header, parse_dict_header, quote_header_value

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

    Parameters = dict[str, t.Optional[str]]

#: RFC 7616 3.3: quoted in a challenge even where a token would do.
_DIGEST_QUOTED = frozenset(["realm", "domain", "nonce", "opaque", "qop"])


class _Credentials(HeaderValue):
    """What both headers have: `type`, and `parameters` or `token`."""

    type: str
    parameters: Parameters
    token: str | None

    def __getattr__(self, name: str) -> str | None:
        # Protocols such as copying and pickling ask for such names, and before there are parameters.
        if name[:2] == "__" or "parameters" in name:
            raise AttributeError(name)
        return self.parameters.get(name)

    def get(self, key: str, default: str | None = None) -> str | None:
        """A parameter."""
        return self.parameters.get(key, default)

    __getitem__ = get

    def __contains__(self, key: str) -> bool:
        return key in self.parameters

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, type(self)):
            return NotImplemented
        # Whoever checks a password compares with hmac.compare_digest, not with this.
        return (self.type, self.token, self.parameters) == (other.type, other.token, other.parameters)

    @classmethod
    def from_header(cls, value: str | None) -> t.Any:
        """An instance for the value of a header, None for an empty one."""
        if not value:
            return None
        scheme, _, rest = value.partition(" ")
        # RFC 9110 11.1: schemes have no case. Kept in small letters, to be compared with.
        rest = rest.strip(" \t")
        # An equals sign at the end is base64's padding, any other assigns a parameter.
        content = (parse_dict_header(rest),) if "=" in rest.rstrip("=") else (None, rest)
        return cls(scheme.lower(), *content)  # type: ignore[call-arg]

    def to_header(self) -> str:
        """The value of the header."""
        rest = dump_header(self.parameters) if self.token is None else self.token
        return f"{self.type.title()} {rest}"

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.to_header()}>"


class Authorization(_Credentials):
    """Credentials: `auth["key"]` and `auth.key` are parameters, None if absent.

    >>> auth = Authorization.from_header("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==")
    >>> auth.type, auth.username, auth.password
    ('basic', 'Aladdin', 'open sesame')
    """

    def __init__(self, auth_type: str, data: Parameters | None = None, token: str | None = None) -> None:
        self.type = auth_type
        self.parameters = {} if data is None else data
        self.token = token

    @classmethod
    def from_header(cls, value: str | None) -> t.Any:
        """Credentials for the value of a header, None if it is empty or is a Basic one that cannot be
        decoded.
        """
        scheme, _, rest = (value or "").partition(" ")
        if scheme.lower() != "basic":
            return super().from_header(value)
        from base64 import b64decode  # for those who log in this way

        try:
            user_pass = b64decode(rest.strip(" \t"), validate=True).decode()
        except ValueError:  # also binascii's error, and Unicode's
            return None
        # RFC 7617 2: the first colon, so that a password may contain more; without one it is no pair.
        username, colon, password = user_pass.partition(":")
        return cls("basic", {"username": username, "password": password}) if colon else None

    def to_header(self) -> str:
        """The value of the header."""
        if self.type != "basic":
            return super().to_header()
        from binascii import b2a_base64

        user_pass = f"{self.username}:{self.password}".encode()
        return f"Basic {b2a_base64(user_pass, newline=False).decode('ascii')}"


class WWWAuthenticate(_Credentials):
    """A challenge. Attributes and items are parameters; setting one to None drops it."""

    #: Set by the response that the challenge belongs to, which then writes the header anew.
    _on_update: t.Callable[[WWWAuthenticate], None] | None = None

    def __init__(self, auth_type: str, values: Parameters | None = None, token: str | None = None) -> None:
        self.type = auth_type.lower()
        self.parameters = {} if values is None else values
        self.token = token

    def _report(self, _: t.Any = None) -> None:
        if self._on_update is not None:
            self._on_update(self)

    def __setattr__(self, name: str, value: t.Any) -> None:
        # All other attributes are parameters: `challenge.realm = "admin"`.
        if name not in ("type", "token", "parameters", "_on_update"):
            self[name] = value
            return
        self.__dict__[name] = CallbackDict(value, self._report) if name == "parameters" else value
        if name != "_on_update":
            self._report()

    def __delattr__(self, name: str) -> None:
        del self[name]

    def __setitem__(self, key: str, value: str | None) -> None:
        if value is None:
            del self[key]
        else:
            self.parameters[key] = value

    def __delitem__(self, key: str) -> None:
        self.parameters.pop(key, None)

    def to_header(self) -> str:
        """The value of the header."""
        if self.token is None and not self.parameters:
            return self.type.title()
        if self.token is not None or self.type != "digest":
            return super().to_header()
        pairs = self.parameters.items()
        items = [f"{key}={quote_header_value(value, key not in _DIGEST_QUOTED)}" for key, value in pairs]
        return f"Digest {', '.join(items)}"


def live_challenge(value: str | None, on_update: t.Callable[[WWWAuthenticate], None]) -> WWWAuthenticate:
    """The challenge of a response: without a header one to be filled in, which then is sent."""
    challenge: WWWAuthenticate = WWWAuthenticate.from_header(value) or WWWAuthenticate("basic")
    challenge._on_update = on_update
    return challenge
