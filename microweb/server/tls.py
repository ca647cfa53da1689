"""Certificates: those that one has, and those that are made for an afternoon of development.

The rule: Python's `ssl` decides what is safe; nothing of it is changed here. The standard library makes no
certificates, so that the `openssl` program is asked where one has to be made.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ssl
    import typing as t


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
