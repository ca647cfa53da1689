r"""Secrets and untrusted names: password hashes, and paths that stay where they belong.

The rule for passwords: slow to guess, constant time to compare, and the text that is stored says
how it was made (`method$salt$hex`, as Werkzeug writes it), so that parameters can grow.

The rule for paths: nothing here touches the file system, so links are not looked at. A name is refused
for what it is: on every platform if any of them would take it out of its directory, or if it is dressed
up to be another file on Windows (`NUL:`, `con.txt`, `a.py::$DATA`). Ordinary names that only Windows
minds (`aux`, `12:30`, `a\b`) are refused there, and wherever files are served by the client's choice.
"""

from __future__ import annotations

import os
import posixpath
import re

SALT_CHARS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
DEFAULT_PBKDF2_ITERATIONS = 1_000_000

# Limits for what a stored hash may ask for; whoever could write hashes could stop the server.
_MAX_SCRYPT_COST = 1 << 23  # n * r * p: 32 times the default, a gigabyte at most
_MAX_PBKDF2_ITERATIONS = 10_000_000
#: Longer ones are no passwords but an attempt to keep the server busy (CVE-2013-1443).
MAX_PASSWORD_BYTES = 1024


def gen_salt(length: int) -> str:
    """Return `length` random letters and digits."""
    if length <= 0:
        raise ValueError(f"A salt has at least 1 character, not {length}.")
    from secrets import choice

    return "".join(choice(SALT_CHARS) for _ in range(length))


def _scrypt(salt: bytes, password: bytes, args: list[str]) -> tuple[bytes, str]:
    from hashlib import scrypt

    try:
        n, r, p = map(int, args) if args else (2**15, 8, 1)
    except ValueError:
        raise ValueError(f"'scrypt' takes 3 numbers, n:r:p, not {':'.join(args)!r}.") from None
    if min(n, r, p) < 1 or n * r * p > _MAX_SCRYPT_COST:
        raise ValueError(f"scrypt:{n}:{r}:{p} is out of range.")
    memory = 128 * r * (n + p + 2)  # what OpenSSL counts; its default limit is too low for n=2**15
    digest = scrypt(password, salt=salt, n=n, r=r, p=p, maxmem=memory)
    return digest, f"scrypt:{n}:{r}:{p}"


def _pbkdf2(salt: bytes, password: bytes, args: list[str]) -> tuple[bytes, str]:
    if len(args) > 2:
        raise ValueError(f"'pbkdf2' takes 2 arguments, hash:iterations, not {':'.join(args)!r}.")
    hash_name = args[0] if args else "sha256"
    iterations = int(args[1]) if len(args) == 2 else DEFAULT_PBKDF2_ITERATIONS
    if iterations > _MAX_PBKDF2_ITERATIONS:
        raise ValueError(f"pbkdf2 with {iterations} iterations takes too long.")
    try:
        from hashlib import pbkdf2_hmac as derive
    except ImportError:  # from 3.12 on it is OpenSSL's alone
        derive = _derive  # type: ignore[assignment]
    digest = derive(hash_name, password, salt, iterations)
    return digest, f"pbkdf2:{hash_name}:{iterations}"


def _derive(hash_name: str, password: bytes, salt: bytes, iterations: int) -> bytes:
    """PBKDF2 (RFC 8018, 5.2) in Python: a block as long as the hash. Ten times slower than OpenSSL."""
    import hmac

    keyed = hmac.new(password, digestmod=hash_name)
    block, mixed = salt + b"\0\0\0\1", 0
    for _ in range(iterations):
        step = keyed.copy()
        step.update(block)
        block = step.digest()
        mixed ^= int.from_bytes(block, "big")
    return mixed.to_bytes(len(block), "big")


_methods = {"scrypt": _scrypt, "pbkdf2": _pbkdf2}


def _hash_internal(method: str, salt: str, password: str) -> tuple[str, str]:
    """Return the hash in hexadecimal, and the method with all its parameters."""
    name, *args = method.split(":")
    if name not in _methods:
        raise ValueError(f"Invalid hash method {name!r}; known: {', '.join(_methods)}.")
    secret = password.encode()
    if len(secret) > MAX_PASSWORD_BYTES:
        raise ValueError(f"A password has at most {MAX_PASSWORD_BYTES} bytes, not {len(secret)}.")
    digest, actual_method = _methods[name](salt.encode(), secret, args)
    return digest.hex(), actual_method


def generate_password_hash(password: str, method: str = "scrypt", salt_length: int = 16) -> str:
    """Return a hash to store: `scrypt` or `scrypt:n:r:p`, `pbkdf2` or `pbkdf2:hash:iterations`.

    Where Python was built without scrypt, the default falls back to pbkdf2.
    """
    if method == "scrypt":
        import hashlib

        method = "scrypt" if hasattr(hashlib, "scrypt") else "pbkdf2"
    salt = gen_salt(salt_length)
    digest, actual_method = _hash_internal(method, salt, password)
    return f"{actual_method}${salt}${digest}"


def check_password_hash(pwhash: str | None, password: str) -> bool:
    """Say whether `password` is the one that `pwhash` was made from; a bad hash is no match.

    Pass None for a user who does not exist: it takes as long as a real check, so that the time of
    the answer does not tell who has an account (CVE-2024-39329).
    """
    from hmac import compare_digest

    try:
        method, salt, digest = (pwhash or f"scrypt${'-' * 16}$-").split("$", 2)
        actual = _hash_internal(method, salt, password)[0]
    except (ValueError, OverflowError, ImportError, MemoryError):
        return False  # a method that is unknown or missing here, numbers out of range, ...
    return compare_digest(actual.encode(), digest.encode("utf-8", "replace"))


# https://learn.microsoft.com/windows/win32/fileio/naming-a-file, and the superscript digits that
# Windows takes for 1, 2 and 3.
_windows_device_files = {
    *("AUX", "CON", "CONIN$", "CONOUT$", "NUL", "PRN"),
    *(f"{port}{digit}" for port in ("COM", "LPT") for digit in "123456789¹²³"),
}
_os_alt_seps = [sep for sep in (os.sep, os.altsep) if sep is not None and sep != "/"]

#: No file system has longer names; a longer one is an error of the system at best.
_MAX_SEGMENT = 255
_DRIVE_ROOT = re.compile(r"[A-Za-z]:[\\/]")


def _is_windows_device(segment: str) -> bool:
    # Windows takes "con .txt", "CON:" and "CON::$DATA" for the device as well (CVE-2026-21860).
    name = segment.partition(":")[0].partition(".")[0]
    return name.strip().upper() in _windows_device_files


def _is_unsafe(segment: str) -> bool:
    """Whether a segment of a path is none, or another than it seems, on some platform."""
    disguised = segment.upper() not in _windows_device_files and _is_windows_device(segment)
    # Windows drops dots and spaces at the end: "..." and ".. " are directories.
    only_dots = segment not in {"", "."} and not segment.strip(". ")
    return only_dots or disguised or "::" in segment or len(segment) > _MAX_SEGMENT


def _is_portable(segment: str) -> bool:
    """Whether a segment names a file of its own on Windows, too."""
    plain = segment == "." or segment[-1:] not in {".", " "}
    return plain and not (":" in segment or "\\" in segment or _is_windows_device(segment))


def safe_join(directory: str, *untrusted: str, portable: bool = False) -> str | None:
    r"""Join path segments from outside to a trusted directory; None if they would leave it.

    The segments are separated by `/` on every platform. Symbolic links are not looked at. With `portable`,
    names that mean something else on Windows are refused everywhere, as they always are there.

    >>> safe_join("static", "css/site.css")
    'static/css/site.css'
    >>> safe_join("static", "../app.py") is None
    True
    """
    # An empty directory is the current one; else the first untrusted part would take its place.
    parts = [directory or "."]
    for part in filter(None, untrusted):
        part = posixpath.normpath(part)
        segments = part.replace("\\", "/").split("/")
        if (
            "\0" in part  # CVE-2023-41105: what the operating system sees ends there
            or part[:1] in {"/", "\\"}  # absolute, or a server on Windows
            or os.path.isabs(part)
            or _DRIVE_ROOT.match(part)
            or any(map(_is_unsafe, segments))
            or any(sep in part for sep in _os_alt_seps)
            or ((portable or os.name == "nt") and not all(map(_is_portable, part.split("/"))))
        ):
            return None
        parts.append(part)
    return posixpath.join(*parts)


_separators = re.compile(r"[\s/\\]+")
_not_portable = re.compile(r"[^A-Za-z0-9_.-]")
_MAX_FILENAME = 200  # file systems take 255, and a program may want to add something


def secure_filename(filename: str) -> str:
    """Return a name that is safe to store a file under: ASCII letters, digits, `.`, `_`, `-`.

    May be empty, if nothing is left; may be the same for different files: make it unique. What is there
    under that name, a symbolic link for instance, is not looked at.

    >>> secure_filename("../../My cool movie.mov")
    'My_cool_movie.mov'
    """
    from unicodedata import normalize  # half a megabyte of tables

    # Compatibility forms fall apart into ASCII and what can be left out: u with dots is u.
    name = normalize("NFKD", filename).encode("ascii", "ignore").decode("ascii")
    name = _not_portable.sub("", _separators.sub("_", name))
    # Leading dots hide a file, a leading dash makes it an option of a command.
    name = name.lstrip("._-")
    if len(name) > _MAX_FILENAME:
        # The extension says what it is: it is kept, if it is one.
        stem, dot, extension = name.rpartition(".")
        kept = f".{extension}" if dot and len(extension) < 20 else ""
        name = (stem if kept else name)[: _MAX_FILENAME - len(kept)] + kept
    name = name.rstrip("._")
    # On every system: what is stored here may be copied to another one.
    return f"_{name}" if _is_windows_device(name) else name
