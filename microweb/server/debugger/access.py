"""Who may see tracebacks, and who may run code in them.

The rule: tracebacks are for a browser on this machine that asks for this machine by name, and consoles for
one that knows the PIN, too. The address of the connection keeps others out; the name does so for pages of
other sites whose names were made to point here (DNS rebinding); the PIN stops what else runs here. Nothing
that a proxy forwards counts as local. Every refusal is told on the terminal.
"""

from __future__ import annotations

import hmac
import os
import re
import sys
import threading
from contextlib import suppress

from ..log import logger

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t

#: Wrong PINs until no more are taken; a PIN has nine digits.
ATTEMPTS = 10
# In brackets; with a port or without; an IPv6 address without brackets.
_HOST = re.compile(r"\[([^]]*).*|([^:]*)(?::[^:]*)?|(.*)", re.DOTALL)
_FORWARDED = ("HTTP_FORWARDED", "HTTP_X_FORWARDED_FOR", "HTTP_X_REAL_IP")


class Access:
    """The PIN, and what else it takes; `secured` is false for consoles without a PIN."""

    def __init__(self, secured: bool = True) -> None:
        # Set by the reloader, so that PIN and cookie outlive a restart.
        self._seed = (os.environ.get("MICROWEB_DEBUG_SECRET") or os.urandom(16).hex()).encode()
        wanted = os.environ.get("MICROWEB_DEBUG_PIN") or os.environ.get("WERKZEUG_DEBUG_PIN", "")
        made = f"{int(self._digest('pin'), 16) % 10**9:011,}".replace(",", "-")
        #: None, which is MICROWEB_DEBUG_PIN=off, opens every console.
        self.pin: str | None = wanted if wanted.replace("-", "").isdecimal() else made
        if wanted == "off" or not secured:
            self.pin = None
        #: Names of this machine; one that begins with a dot stands for those below it as well.
        self.trusted_hosts: list[str] = [".localhost", "127.0.0.1", "::1"]
        peers = os.environ.get("MICROWEB_DEBUG_PEERS", "").split()
        #: Addresses and networks of those who are let in.
        self.trusted_peers: list[str] = ["127.0.0.0/8", "::1", *peers]
        if peers:
            self._is_near("::")  # now, as a traceback is no place for another error
        self.failures = 0
        self._lock = threading.Lock()
        #: What a browser shows that gave the PIN once. Cookies know no ports: the name keeps servers apart.
        self.cookie = f"__mwd{self._digest('name')[:16]}={self._digest(f'cookie {self.pin}')}"

    def _digest(self, purpose: str) -> str:
        return hmac.new(self._seed, purpose.encode(), "sha256").hexdigest()

    def tell_pin(self) -> None:
        """Print the PIN on the terminal: whoever reads it there may run code anyway."""
        pin = self.pin or "off, everybody on this machine may run code"
        print(f" * Debugger PIN: {pin}", file=sys.stderr, flush=True)

    def refuses(self, asked: t.Mapping[str, t.Any]) -> bool:
        """Whether this request is to see nothing; then the terminal is told why."""
        host, peer = asked.get("HTTP_HOST") or "", asked.get("REMOTE_ADDR") or ""
        if any(map(asked.get, _FORWARDED)):
            reason = "the request came through a proxy"
        elif not self._is_near(peer):
            reason = f"{ascii(peer)} is another machine; MICROWEB_DEBUG_PEERS lists those that may see it"
        elif not self._is_here(_name(host)):
            reason = f"{ascii(host)} is no name of this machine"
        else:
            return False
        logger.warning("The debugger shows nothing: %s", reason)
        return True

    def _is_near(self, peer: str) -> bool:
        # No address: a Unix socket, or no network at all.
        if not peer or peer.startswith("unix:"):
            return True
        from ipaddress import ip_address, ip_network  # not before there is something to show

        networks = [ip_network(each, strict=False) for each in self.trusted_peers]
        with suppress(ValueError):
            address: t.Any = ip_address(peer)
            address = getattr(address, "ipv4_mapped", None) or address
            return any(address in network for network in networks)
        return False

    def _is_here(self, name: str) -> bool:
        names = [(entry[:1] == ".", _name(entry.lstrip("."))) for entry in self.trusted_hosts]
        return any(here and (name == here or below and name.endswith(f".{here}")) for below, here in names)

    def knows_pin(self, asked: t.Mapping[str, t.Any]) -> bool:
        """Whether the browser gave the PIN before, or needs none."""
        wanted, given = self.cookie.encode(), asked.get("HTTP_COOKIE", "").encode("utf-8", "replace")
        same = (hmac.compare_digest(each.strip(), wanted) for each in given.split(b";"))
        return self.pin is None or any(same)

    def try_pin(self, text: str) -> bool:
        """Whether this is the PIN; dashes and blanks do not count."""
        with self._lock:  # or many guesses at once would count as one
            if self.failures >= ATTEMPTS or self.pin is None:
                return False
            right = hmac.compare_digest(_digits(text), _digits(self.pin))
            self.failures = 0 if right else self.failures + 1
        if not right:
            logger.warning("A wrong debugger PIN was given, %d of %d times", self.failures, ATTEMPTS)
        return right


def _digits(pin: str) -> bytes:
    return pin.replace("-", "").replace(" ", "").encode("utf-8", "replace")


def _name(host: str) -> str:
    """A host without port and brackets."""
    match: t.Any = _HOST.fullmatch(host)
    return next(filter(None, match.groups()), "").rstrip(".").lower()
