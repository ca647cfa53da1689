"""Where a server can be reached, what to do when it cannot, and by which certificate it is known.

The rule: nothing is looked up in DNS, and an address that does not work ends in one line that
says what would. Python's `ssl` decides what is safe; nothing of it is changed here. The standard library
makes no certificates, so that the `openssl` program is asked where one has to be made.
"""

from __future__ import annotations

import errno
import os
import socket
import stat
from contextlib import suppress

from .limits import BindError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ssl
    import typing as t

BACKLOG = 1024
#: How many ports above the wanted one are tried for the message "the next free one is".
PORTS_TRIED = 50


def listen(host: str, port: int) -> socket.socket:
    """A listening socket on a host and port, `unix:PATH` or `fd://N`. Raises BindError."""
    is_unix = host.startswith("unix:")
    if is_unix and not hasattr(socket, "AF_UNIX"):
        raise BindError("This platform has no Unix sockets; give a host and a port.")
    if not 0 <= port <= 65535:
        raise BindError(f"Port {port} does not exist; choose one up to 65535, or 0 for any.")
    try:
        if host.startswith("fd://"):
            return _inherit(host[5:])
        return _listen_unix(host[5:]) if is_unix else _listen_tcp(host, port)
    except (OSError, ValueError) as error:
        raise BindError(_explain(host, port, error)) from None


def _inherit(number: str) -> socket.socket:
    """The listening socket that a supervisor (systemd, a reloader) left open for us."""
    sock = socket.socket(fileno=int(number))
    if not sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
        raise OSError(0, "it does not listen")
    return sock


def _listen_unix(path: str) -> socket.socket:
    path = path[2:] if path.startswith("//") else path
    if os.path.exists(path) and stat.S_ISSOCK(os.stat(path).st_mode):
        with socket.socket(socket.AF_UNIX) as client:
            result = client.connect_ex(path)
        if not result:
            raise OSError(errno.EADDRINUSE, "another server listens there")
        # One that nobody listens on is left from a server that was killed.
        if result == errno.ECONNREFUSED:
            os.unlink(path)
    return socket.create_server(path, family=socket.AF_UNIX, backlog=BACKLOG)


def _listen_tcp(host: str, port: int) -> socket.socket:
    # "localhost" is known (RFC 6761 6.3); every other name would have to be looked up.
    name = "127.0.0.1" if host == "localhost" else host.strip("[]") or "0.0.0.0"
    flags = socket.AI_PASSIVE | socket.AI_NUMERICHOST
    # As bytes: of text, Python would make a domain name, and import the tables of Unicode for it.
    found = socket.getaddrinfo(name.encode("utf-8", "replace"), port, 0, socket.SOCK_STREAM, 0, flags)
    family, *_, address = found[0]
    # "::" means IPv4 as well, where the system can do that.
    both = name == "::" and socket.has_dualstack_ipv6()
    return socket.create_server(address, family=family, backlog=BACKLOG, dualstack_ipv6=both)


def _explain(host: str, port: int, error: t.Any) -> str:
    # create_server() names the address itself.
    reason = str(getattr(error, "strerror", "it is no number")).partition(" (while")[0]
    if host.startswith("fd://"):
        return f"Descriptor {host[5:]} is no listening socket: {reason}."
    if host.startswith("unix:"):
        return f"Cannot listen on {host!r}: {reason if error.errno else 'the path is too long'}."
    if error.errno == errno.EADDRINUSE:
        free = _next_free(host, port)
        hint = f"the next free one is {free}" if free else "choose another"
        return f"Port {port} on {host or 'all addresses'} is in use; {hint}."
    if error.errno == errno.EACCES:
        return f"Port {port} may not be used by this user; choose one above 1023."
    if isinstance(error, socket.gaierror):
        return f"{host!r} is no address; give one in numbers, or localhost (names are not looked up)."
    return f"Cannot listen on {host!r}, port {port}: {reason}."


def _next_free(host: str, port: int) -> int | None:
    for candidate in range(port + 1, min(port + 1 + PORTS_TRIED, 65536)):
        with suppress(OSError):
            _listen_tcp(host, candidate).close()
            return candidate
    return None


def load_tls(context: t.Any) -> ssl.SSLContext | None:
    """An SSLContext from one, from (certificate file, key file), or from "adhoc"."""
    if context == "adhoc":
        return generate_adhoc_ssl_context()
    if isinstance(context, str):
        raise ValueError(f"ssl_context={context!r}: wanted (certificate file, key file), or 'adhoc'")
    return load_ssl_context(*context) if isinstance(context, (tuple, list)) else context


def load_ssl_context(
    cert_file: str, pkey_file: str | None = None, protocol: int | None = None
) -> ssl.SSLContext:
    """An SSLContext with this certificate."""
    try:
        import ssl  # 20 ms that plain HTTP need not pay
    except ImportError:
        raise RuntimeError("TLS needs the module 'ssl', which this Python has not.") from None
    result = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if protocol is None else protocol)
    result.load_cert_chain(cert_file, pkey_file)
    return result


def make_ssl_devcert(base_path: str, host: str | None = None, cn: str | None = None) -> tuple[str, str]:
    """Make `base_path`.crt and .key for a host, or this machine; browsers will warn of it."""
    import subprocess

    name = host or "localhost"
    names = f"subjectAltName=DNS:{name},DNS:*.{name},IP:127.0.0.1,IP:::1"
    files = f"{base_path}.crt", f"{base_path}.key"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "365"]
    command += ["-subj", f"/CN={cn or name}", "-addext", names, "-out", files[0], "-keyout", files[1]]
    try:
        subprocess.run(command, check=True, capture_output=True)
    except FileNotFoundError:
        raise RuntimeError("a certificate is made by the openssl program, which is not installed") from None
    return files


def generate_adhoc_ssl_context() -> ssl.SSLContext:
    """An SSLContext with a certificate of its own that nobody trusts."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        return load_ssl_context(*make_ssl_devcert(os.path.join(folder, "adhoc")))
