"""Signed data: given away, and known again when they come back unchanged.

The rule: nothing of a signed value is decoded, inflated or believed before its signature holds.
A `Signer` appends `sep + base64(HMAC(derived key, value))`; a `TimestampSigner` puts the time in
between; a `Serializer` turns objects into bytes first; the URL-safe ones write base64, and
compress (marked by a leading dot) where that is shorter. Bytes are those of itsdangerous 2.2.

    payload .timestamp .signature          keys: oldest to newest, the last one signs, all verify

The secret key is mixed with a salt that names the purpose, so that a value signed for one
purpose is worth nothing for another (CVE class: reuse of a signed cookie under another name).
"""

from __future__ import annotations

import binascii
import functools
import hashlib
import hmac
import json as _json
import time

try:
    import zlib
except ImportError:  # payloads are written as they are then
    zlib = None  # type: ignore[assignment]

TYPE_CHECKING = False
if TYPE_CHECKING:
    import collections.abc as c
    import typing as t
    from datetime import datetime

    Bytes = t.Union[str, bytes]
    Salt = t.Union[str, bytes, None]
    Age = t.Optional[int]
    Keys = t.Union[str, bytes, c.Iterable[t.Union[str, bytes]]]
    Options = t.Optional[dict[str, t.Any]]


class BadData(Exception):
    """The data are bad in some way: the root of all errors here."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class BadSignature(BadData):
    """The signature does not match; `payload` is what it was for, not to be trusted."""

    def __init__(self, message: str, payload: t.Any = None) -> None:
        super().__init__(message)
        self.payload = payload


class BadTimeSignature(BadSignature):
    """The signature or its time stamp is invalid; `date_signed` is the time, if it is known."""

    def __init__(self, message: str, payload: t.Any = None, date_signed: datetime | None = None) -> None:
        super().__init__(message, payload)
        self.date_signed = date_signed


class SignatureExpired(BadTimeSignature):
    """The signature is good, and older than `max_age`; or it comes from the future."""


class BadHeader(BadSignature):
    """A signed `header` is invalid; for serializers that have one."""

    def __init__(
        self, message: str, payload: t.Any = None, header: t.Any = None, original_error: t.Any = None
    ) -> None:
        super().__init__(message, payload)
        self.header = header
        self.original_error = original_error


class BadPayload(BadData):
    """The payload cannot be read, though its signature may be good; `original_error` says why."""

    def __init__(self, message: str, original_error: Exception | None = None) -> None:
        super().__init__(message)
        self.original_error = original_error


def want_bytes(s: Bytes, encoding: str = "utf-8", errors: str = "strict") -> bytes:
    """Encode text, pass bytes through."""
    return s.encode(encoding, errors) if isinstance(s, str) else s


# RFC 4648 section 5, the URL-safe alphabet; padding is left out and guessed.
_base64_alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_="
_to_url_safe = bytes.maketrans(b"+/", b"-_")
_from_url_safe = bytes.maketrans(b"-_", b"+/")


def base64_encode(string: Bytes) -> bytes:
    """Encode for URLs."""
    return _base64(want_bytes(string))


def _base64(string: bytes) -> bytes:
    return binascii.b2a_base64(string, newline=False).translate(_to_url_safe).rstrip(b"=")


def base64_decode(string: Bytes) -> bytes:
    """Decode from URLs; characters outside the alphabet are skipped, as itsdangerous does."""
    string = want_bytes(string, encoding="ascii", errors="ignore").translate(_from_url_safe)
    try:
        return binascii.a2b_base64(string + b"=" * (-len(string) % 4))
    except (TypeError, ValueError) as e:
        raise BadData("Invalid base64-encoded data") from e


def int_to_bytes(num: int) -> bytes:
    """Write a number in as few bytes as it takes, the highest first; 0 takes none."""
    return num.to_bytes(8, "big").lstrip(b"\x00")


def bytes_to_int(bytestr: bytes) -> int:
    """Read a number of up to 8 bytes."""
    if len(bytestr) > 8:
        raise ValueError(f"A number has at most 8 bytes, not {len(bytestr)}.")
    return int.from_bytes(bytestr, "big")


def _lazy_sha1(string: bytes = b"") -> t.Any:
    """SHA-1, looked up when called: builds for FIPS may lack it, and nobody has to use it."""
    return hashlib.sha1(string)


@functools.lru_cache(maxsize=128)
def _keyed(key: bytes, digest_method: t.Any) -> t.Any:
    """Return an HMAC with the key in it: copies go on from there, in a quarter of the time."""
    keyed = hmac.new(key, None, hashlib.sha1 if digest_method is _lazy_sha1 else digest_method)
    # CPython's own object lies in another one, which doubles what a copy costs.
    return getattr(keyed, "_hmac", None) or keyed


def _hmac(key: bytes, value: bytes, digest_method: t.Any) -> bytes:
    return _finish(_keyed(key, digest_method), value)


def _finish(keyed: t.Any, value: bytes) -> bytes:
    signature = keyed.copy()
    signature.update(value)
    return signature.digest()  # type: ignore[no-any-return]


class SigningAlgorithm:
    """Makes signatures; subclasses define `get_signature`."""

    def get_signature(self, key: bytes, value: bytes) -> bytes:
        """Return the signature of `value` under `key`."""
        raise NotImplementedError

    def verify_signature(self, key: bytes, value: bytes, sig: bytes) -> bool:
        """Compare in constant time: the time it takes must not tell how much was guessed."""
        return hmac.compare_digest(sig, self.get_signature(key, value))


class NoneAlgorithm(SigningAlgorithm):
    """Does not sign: the signature is empty."""

    def get_signature(self, key: bytes, value: bytes) -> bytes:
        return b""


class HMACAlgorithm(SigningAlgorithm):
    """HMAC (RFC 2104), which stays sound with SHA-1: collisions do not break it."""

    default_digest_method: t.Any = staticmethod(_lazy_sha1)

    def __init__(self, digest_method: t.Any = None) -> None:
        self.digest_method = digest_method or self.default_digest_method

    def get_signature(self, key: bytes, value: bytes) -> bytes:
        return _hmac(key, value, self.digest_method)


# How a key for one purpose (salt) is made from the secret key.
_derivations: dict[str, c.Callable[[bytes, bytes, t.Any], bytes]] = {
    # "hmac" is the sound one; "django-concat" stays the default, so that old signatures stay valid.
    "concat": lambda key, salt, digest: digest(salt + key).digest(),
    "django-concat": lambda key, salt, digest: digest(salt + b"signer" + key).digest(),
    "hmac": _hmac,
    "none": lambda key, salt, digest: key,
}


@functools.lru_cache(maxsize=128)
def _derive_key(derivation: str, secret_key: bytes, salt: bytes, digest_method: t.Any) -> bytes:
    """Derive a key once, not for each value: signers come and go, keys stay."""
    if derivation not in _derivations:
        raise TypeError(f"Unknown key derivation method {derivation!r}; known: {', '.join(_derivations)}.")
    return _derivations[derivation](secret_key, salt, digest_method)


def _make_keys_list(secret_key: Keys) -> list[bytes]:
    # Text is iterable, too: taken for a list, each of its characters would be a key.
    keys = [secret_key] if isinstance(secret_key, (str, bytes)) else secret_key
    return [want_bytes(key) for key in keys]


class Signer:
    """Signs bytes, and tells whether signed bytes are unchanged.

    :param secret_key: random and secret; a list, oldest to newest, while keys are rotated.
    :param salt: names the purpose.
    :param sep: stands before the signature; must not be in the base64 alphabet.
    :param key_derivation: `django-concat` (default), `concat`, `hmac` or `none`.
    :param digest_method: a hash of hashlib, SHA-1 by default.
    :param algorithm: a `SigningAlgorithm` instead of HMAC with `digest_method`.
    """

    default_digest_method: t.Any = staticmethod(_lazy_sha1)
    default_key_derivation: str = "django-concat"

    def __init__(
        self,
        secret_key: Keys,
        salt: Salt = b"itsdangerous.Signer",
        sep: Bytes = b".",
        key_derivation: str | None = None,
        digest_method: t.Any = None,
        algorithm: SigningAlgorithm | None = None,
    ) -> None:
        self.secret_keys = _make_keys_list(secret_key)
        self.sep = want_bytes(sep)
        # The last separator ends the value; in the signature it would cut that instead.
        if self.sep in _base64_alphabet:
            raise ValueError(
                f"The separator cannot be used: {sep!r} may be contained in the signature itself."
                " ASCII letters, digits, and '-_=' must not be used."
            )
        self.salt = b"itsdangerous.Signer" if salt is None else want_bytes(salt)
        self.key_derivation = key_derivation or self.default_key_derivation
        self.digest_method = digest_method or self.default_digest_method
        self.algorithm = algorithm or HMACAlgorithm(self.digest_method)

    @property
    def secret_key(self) -> bytes:
        """The newest key, which signs."""
        return self.secret_keys[-1]

    def derive_key(self, secret_key: Bytes | None = None) -> bytes:
        """Return the key for this purpose. It does not make a good key of a short password."""
        key = self.secret_keys[-1] if secret_key is None else want_bytes(secret_key)
        return _derive_key(self.key_derivation, key, self.salt, self.digest_method)

    def get_signature(self, value: Bytes) -> bytes:
        """Return the signature of `value`, in base64."""
        return base64_encode(self.algorithm.get_signature(self.derive_key(), want_bytes(value)))

    def sign(self, value: Bytes) -> bytes:
        """Return `value` with its signature."""
        value = want_bytes(value)
        return value + self.sep + self.get_signature(value)

    def verify_signature(self, value: Bytes, sig: Bytes) -> bool:
        """Say whether any key, the newest first, gives this signature."""
        try:
            # Not BadSignature, and not its cause: every wrong signature looks the same from
            # outside.
            sig = base64_decode(sig)
        except Exception:
            return False
        verify, value = self.algorithm.verify_signature, want_bytes(value)
        return any(verify(self.derive_key(key), value, sig) for key in reversed(self.secret_keys))

    def unsign(self, signed_value: Bytes) -> bytes:
        """Return the value without its signature, or raise BadSignature."""
        value, sep, sig = want_bytes(signed_value).rpartition(self.sep)
        if not sep:
            raise BadSignature(f"No {self.sep!r} found in value")
        if not self.verify_signature(value, sig):
            raise BadSignature(f"Signature {sig!r} does not match", payload=value)
        return value

    def validate(self, signed_value: Bytes, *args: t.Any, **kwargs: t.Any) -> bool:
        """Say whether `unsign` would return, given these arguments."""
        try:
            self.unsign(signed_value, *args, **kwargs)
            return True
        except BadSignature:
            return False


class TimestampSigner(Signer):
    """Signs the time as well, so that a value can be too old."""

    def get_timestamp(self) -> int:
        """Return the time now, in whole seconds since 1970."""
        # Whole seconds fit into four bytes, six characters of a token.
        return int(time.time())

    def timestamp_to_datetime(self, ts: int) -> datetime:
        """Return an aware datetime in UTC."""
        from datetime import datetime, timezone

        return datetime.fromtimestamp(ts, tz=timezone.utc)

    def sign(self, value: Bytes) -> bytes:
        """Return `value` with the time and the signature of both."""
        timestamp = base64_encode(int_to_bytes(self.get_timestamp()))
        return super().sign(want_bytes(value) + self.sep + timestamp)

    def unsign(self, signed_value: Bytes, max_age: Age = None, return_timestamp: bool = False) -> t.Any:
        """Return the value, or the value and the datetime; raise SignatureExpired if it is older
        than `max_age` seconds, and BadTimeSignature if it is wrong in another way.
        """
        forged = None
        try:
            result = super().unsign(signed_value)
        except BadSignature as e:
            result = e.payload or b""
            if self.sep not in result:
                raise  # it is too short to have been signed at all
            forged = str(e)
        value, sep, stamp = result.rpartition(self.sep)
        if not sep:
            # Signed, but by a Signer without time.
            raise BadTimeSignature("timestamp missing", payload=result)
        try:
            timestamp = bytes_to_int(base64_decode(stamp))
        except (BadData, ValueError):
            raise BadTimeSignature(forged or "Malformed timestamp", payload=value) from None
        if forged is not None:
            # Whoever looks into broken data learns the time as well, though nobody vouches for it.
            raise BadTimeSignature(forged, value, self._date_signed(timestamp, value))
        # A value from the future is refused, too: its clock or its key is not ours.
        age = 0 if max_age is None else self.get_timestamp() - timestamp
        if max_age is not None and not 0 <= age <= max_age:
            reason = f"Signature age {age} {f'> {max_age}' if age > max_age else '< 0'} seconds"
            raise SignatureExpired(reason, value, self._date_signed(timestamp, value))
        return (value, self._date_signed(timestamp, value)) if return_timestamp else value

    def _date_signed(self, timestamp: int, value: bytes) -> datetime:
        try:
            return self.timestamp_to_datetime(timestamp)
        except (ValueError, OSError, OverflowError) as e:  # which one depends on the platform
            raise BadTimeSignature("Malformed timestamp", payload=value) from e


class _CompactJSON:
    """JSON without white space, for short tokens."""

    # Characters beyond ASCII stand as they are: UTF-8 in base64 is shorter than \u escapes.
    loads = staticmethod(_json.loads)
    dumps = staticmethod(functools.partial(_json.dumps, ensure_ascii=False, separators=(",", ":")))


def is_text_serializer(serializer: t.Any) -> bool:
    """Say whether `serializer.dumps` makes text, not bytes."""
    return isinstance(serializer.dumps({}), str)


class Serializer:
    """Signs objects: `dumps` turns them into signed text, `loads` back, if nobody changed it.

    :param secret_key: see `Signer`.
    :param salt: names the purpose; None: the signer's own.
    :param serializer: has `dumps` and `loads`; the json module by default. Never pickle, which
        runs code when it loads.
    :param serializer_kwargs: keywords for `serializer.dumps`.
    :param signer: a `Signer` class, and `signer_kwargs` its keywords.
    :param fallback_signers: what else to try when reading: keywords, a class, or a pair of both.
    """

    default_serializer: t.Any = _json
    default_signer: type[Signer] = Signer
    default_fallback_signers: list[t.Any] = []

    def __init__(
        self,
        secret_key: Keys,
        salt: Salt = b"itsdangerous",
        serializer: t.Any = None,
        serializer_kwargs: Options = None,
        signer: type[Signer] | None = None,
        signer_kwargs: Options = None,
        fallback_signers: list[t.Any] | None = None,
    ) -> None:
        self.secret_keys = _make_keys_list(secret_key)
        self.salt = None if salt is None else want_bytes(salt)
        self.serializer = self.default_serializer if serializer is None else serializer
        # Asked once, by trying: nothing else tells whether `dumps` makes text.
        self.is_text_serializer = is_text_serializer(self.serializer)
        self.signer = signer or self.default_signer
        self.signer_kwargs = signer_kwargs or {}
        # A copy: what one serializer adds must not become a key of all others.
        fallbacks = self.default_fallback_signers if fallback_signers is None else fallback_signers
        self.fallback_signers = list(fallbacks)
        self.serializer_kwargs = serializer_kwargs or {}

    # Serializer[str], as type annotations of programs written for itsdangerous have it.
    __class_getitem__ = classmethod(lambda cls, item: cls)
    secret_key = Signer.secret_key

    def load_payload(self, payload: bytes, serializer: t.Any = None) -> t.Any:
        """Return the object in an unsigned payload, or raise BadPayload."""
        is_text = self.is_text_serializer if serializer is None else is_text_serializer(serializer)
        try:
            return (serializer or self.serializer).loads(payload.decode() if is_text else payload)
        except Exception as e:
            reason = "Could not load the payload because an exception occurred on unserializing it."
            raise BadPayload(reason, original_error=e) from e

    def dump_payload(self, obj: t.Any) -> bytes:
        """Return the object as bytes, not yet signed."""
        return want_bytes(self.serializer.dumps(obj, **self.serializer_kwargs))

    def make_signer(self, salt: Salt = None) -> Signer:
        """Return the signer for a purpose."""
        salt = self.salt if salt is None else salt
        return self.signer(self.secret_keys, salt=salt, **self.signer_kwargs)

    def iter_unsigners(self, salt: Salt = None) -> c.Iterator[Signer]:
        """Yield the signers to try when reading: the one that writes, then the fallbacks."""
        yield self.make_signer(salt)
        for fallback in self.fallback_signers:
            if isinstance(fallback, dict):
                fallback = self.signer, fallback
            cls, kwargs = fallback if isinstance(fallback, tuple) else (fallback, self.signer_kwargs)
            # One key a signer: fallbacks may be of classes that know no rotation.
            for secret_key in self.secret_keys:
                yield cls(secret_key, salt=self.salt if salt is None else salt, **kwargs)

    def dumps(self, obj: t.Any, salt: Salt = None) -> t.Any:
        """Return the object signed, as text if the serializer makes text."""
        signed = self.make_signer(salt).sign(want_bytes(self.dump_payload(obj)))
        return signed.decode() if self.is_text_serializer else signed

    def dump(self, obj: t.Any, f: t.IO[t.Any], salt: Salt = None) -> None:
        """Write `dumps` to a file."""
        f.write(self.dumps(obj, salt))

    def loads(self, s: Bytes, salt: Salt = None, **kwargs: t.Any) -> t.Any:
        """Return the object, or raise BadSignature; BadPayload if it cannot be read."""
        return self._try_each(salt, lambda signer: self.load_payload(signer.unsign(s)))

    def _try_each(self, salt: Salt, load: c.Callable[[t.Any], t.Any]) -> t.Any:
        error: BadSignature | None = None
        for signer in self.iter_unsigners(salt):
            try:
                return load(signer)
            except SignatureExpired:
                raise  # This signer's key was the right one.
            except BadSignature as e:
                error = e
        try:
            raise error or BadSignature("No signer to verify with")
        finally:
            error = None  # its traceback holds this frame

    def load(self, f: t.IO[t.Any], salt: Salt = None) -> t.Any:
        """Read `loads` from a file."""
        return self.loads(f.read(), salt)

    def loads_unsafe(self, s: Bytes, salt: Salt = None, **kwargs: t.Any) -> tuple[bool, t.Any]:
        """Return whether the signature is valid, and the object all the same, or None.

        For looking at broken data. With a serializer such as pickle this hands over the process.
        """
        try:
            return True, self.loads(s, salt=salt, **kwargs)
        except BadSignature as e:
            try:
                return False, None if e.payload is None else self.load_payload(e.payload)
            except BadPayload:
                return False, None

    def load_unsafe(self, f: t.IO[t.Any], salt: Salt = None) -> tuple[bool, t.Any]:
        """Read `loads_unsafe` from a file."""
        return self.loads_unsafe(f.read(), salt=salt)


class TimedSerializer(Serializer):
    """A serializer whose values can be too old."""

    default_signer: type[TimestampSigner] = TimestampSigner

    def loads(  # type: ignore[override]
        self, s: Bytes, max_age: Age = None, return_timestamp: bool = False, salt: Salt = None
    ) -> t.Any:
        """Return the object, or the object and the datetime of its signature.

        SignatureExpired if it is older than `max_age` seconds; BadSignature if it is wrong.
        """

        def load(signer: TimestampSigner) -> t.Any:
            # The datetime costs more than the signature does: only for who asks.
            if not return_timestamp:
                return self.load_payload(signer.unsign(s, max_age))
            payload, timestamp = signer.unsign(s, max_age, True)
            return self.load_payload(payload), timestamp

        return self._try_each(salt, load)

    def loads_unsafe(self, s: Bytes, max_age: Age = None, salt: Salt = None) -> tuple[bool, t.Any]:  # type: ignore[override]
        """Return whether the signature is valid and fresh, and the object all the same."""
        return super().loads_unsafe(s, salt, max_age=max_age)


def _compress(data: bytes) -> bytes:
    """Return what `zlib.compress` returns.

    That prepares a quarter of a megabyte for any input, which takes ten times as long as a session
    does. Short inputs find the same matches in a small window, and come out as the same bytes.
    """
    if len(data) > 512:
        return zlib.compress(data)
    deflater = zlib.compressobj(zlib.Z_DEFAULT_COMPRESSION, zlib.DEFLATED, -11, 5)
    body = deflater.compress(data) + deflater.flush()
    # RFC 1950 around it: "deflate with the full window, default level", and the checksum.
    return b"\x78\x9c" + body + zlib.adler32(data).to_bytes(4, "big")


def _may_shrink(data: bytes) -> bool:
    """Say whether there is any use in compressing: an id alone, as most sessions are, is too short.

    It takes a frame of 6 bytes, and 10 bits for a block with the fixed codes. A repetition of n bytes saves
    8 n - 12 bits at most, so 11 bytes have to be repeated. A block with codes of its own describes them
    first, in more than these few bytes can save.
    """
    size = len(data)
    return size > 32 or size - len({*data}) > 10


class URLSafeSerializerMixin(Serializer):
    """Writes payloads in the alphabet of URLs and cookies, compressed where that is shorter."""

    default_serializer: t.Any = _CompactJSON
    #: What a compressed payload may inflate to, in bytes. One kilobyte can become a megabyte, and
    #: `loads_unsafe` inflates what nobody signed. Longer payloads are written uncompressed.
    max_inflated_size = 1 << 20

    def load_payload(self, payload: bytes, *args: t.Any, **kwargs: t.Any) -> t.Any:
        """Return the object in an unsigned payload, or raise BadPayload."""
        is_compressed = payload.startswith(b".")
        step = "base64 decode"
        try:
            data = base64_decode(payload[is_compressed:])
            if is_compressed:
                step = "zlib decompress"
                data = self._inflate(data)
        except Exception as e:
            raise BadPayload(f"Could not {step} the payload", original_error=e) from e
        return super().load_payload(data, *args, **kwargs)

    def _inflate(self, data: bytes) -> bytes:
        if zlib is None:
            raise NotImplementedError("There is no 'zlib' in this Python.")
        inflater = zlib.decompressobj()
        # One byte more than allowed tells "exactly full" from "too long".
        inflated = inflater.decompress(data, self.max_inflated_size + 1)
        if len(inflated) > self.max_inflated_size:
            raise ValueError(f"It inflates to more than {self.max_inflated_size} bytes.")
        if not inflater.eof:
            raise ValueError("It is cut short.")
        return inflated

    def dump_payload(self, obj: t.Any) -> bytes:
        """Return the object in base64; a leading dot says that it is compressed."""
        return self._pack(super().dump_payload(obj))

    def _pack(self, data: bytes) -> bytes:
        # What would be refused when it is read again is not compressed; nor what cannot get shorter.
        if zlib and _may_shrink(data) and len(data) <= self.max_inflated_size:
            compressed = _compress(data)
            if len(compressed) < len(data) - 1:  # the dot counts
                return b"." + _base64(compressed)
        return _base64(data)


class URLSafeSerializer(URLSafeSerializerMixin, Serializer):
    """A `Serializer` whose text is letters, digits, `_`, `-` and `.`."""


class URLSafeTimedSerializer(URLSafeSerializerMixin, TimedSerializer):
    """A `TimedSerializer` whose text is letters, digits, `_`, `-` and `.`."""


class StraightSerializer(URLSafeTimedSerializer):
    """One that reads and writes in one step each, for cookies that come with every request.

    The classes above are made of parts that can each be replaced, which has its price. Whatever is
    not as it always is takes their way: it knows what to say of it.
    """

    def __init__(self, secret_key: Keys, salt: Salt, serializer: t.Any, **signer_kwargs: t.Any) -> None:
        super().__init__(secret_key, salt, serializer, signer_kwargs=signer_kwargs)
        self._signer: t.Any = self.make_signer()
        digest_method = self._signer.digest_method
        #: HMACs, that of the newest key first, which signs. Empty: bytes are not written in one step.
        self._keyed = [
            _keyed(self._signer.derive_key(key), digest_method)
            for key in reversed(self.secret_keys)
            if self.is_text_serializer
        ]
        #: Token -> time and text of those seen last: a browser sends what it was given again and again.
        self._seen: dict[str, tuple[int, str]] = {}

    def loads(  # type: ignore[override]
        self, s: t.Any, max_age: Age = None, return_timestamp: bool = False, salt: Salt = None
    ) -> t.Any:
        """Return the object, as `TimedSerializer.loads` does."""
        if max_age is not None and not return_timestamp and salt is None:
            try:
                timestamp, text = self._seen.get(s) or self._verify(s)
                if 0 <= self._signer.get_timestamp() - timestamp <= max_age:
                    return self.serializer.loads(text)
            except Exception:
                pass  # forged, or signed rubbish, or compressed
        return super().loads(s, max_age, return_timestamp, salt)

    def _verify(self, token: str) -> tuple[int, str]:
        signed, _, signature = token.encode().rpartition(b".")
        signatures = [_base64(_finish(keyed, signed)) for keyed in self._keyed]
        if not any([hmac.compare_digest(each, signature) for each in signatures]):  # noqa: C419
            raise ValueError
        payload, _, stamp = signed.rpartition(b".")
        if payload[:1] == b".":
            raise ValueError
        return self._remember(token, bytes_to_int(base64_decode(stamp)), base64_decode(payload).decode())

    def _remember(self, token: str, timestamp: int, text: str) -> tuple[int, str]:
        if len(self._seen) >= 256:
            self._seen.clear()
        known = self._seen[token] = timestamp, text
        return known

    def dumps(self, obj: t.Any, salt: Salt = None) -> t.Any:
        """Return the object signed."""
        if salt is not None or not self._keyed:
            return super().dumps(obj, salt)
        text, timestamp = self.serializer.dumps(obj), self._signer.get_timestamp()
        signed = self._pack(text.encode()) + _stamp(timestamp)
        token = (signed + b"." + _base64(_finish(self._keyed[0], signed))).decode()
        self._remember(token, timestamp, text)
        return token


@functools.lru_cache(maxsize=1)
def _stamp(timestamp: int) -> bytes:
    return b"." + base64_encode(int_to_bytes(timestamp))
