"""signing: what comes back unchanged is known again, and nothing else is believed.

The parent's contract is run again on each subclass, on keys in rotation and in each derivation.
"""

from __future__ import annotations

import gc
import hashlib
import io
import json
import pickle
import zlib
from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microweb import signing
from microweb.signing import (
    BadData,
    BadHeader,
    BadPayload,
    BadSignature,
    BadTimeSignature,
    HMACAlgorithm,
    NoneAlgorithm,
    Serializer,
    SignatureExpired,
    Signer,
    SigningAlgorithm,
    StraightSerializer,
    TimedSerializer,
    TimestampSigner,
    URLSafeSerializer,
    URLSafeTimedSerializer,
    _compress,
    _may_shrink,
    base64_decode,
    base64_encode,
    bytes_to_int,
    int_to_bytes,
)

NOW = 1_308_874_145
WHEN = datetime(2011, 6, 24, 0, 9, 5, tzinfo=timezone.utc)


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    """The time that signers see; call it to change that."""

    def set_to(now):
        monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda self: now)

    set_to(NOW)
    return set_to


# What itsdangerous 2.2 writes at that time, fixed for ever: old cookies and links must stay valid.
VECTORS = [
    ("Signer", {}, b"value", b"value.-2b2Vg1X_KBU1C6DLNDlPUR2w6M"),
    ("Signer", {"key_derivation": "hmac", "salt": "s"}, b"value", b"value.93_WaAEpo9vFjkMQ_T_IseSnTz4"),
    ("Signer", {"key_derivation": "concat", "sep": ":"}, b"a.b", b"a.b:j81-wYsnf-1UbWruWdRfvOHm_mQ"),
    ("TimestampSigner", {}, b"value", b"value.TgPVoQ.bzOxjSt_OnyhI2r4G9YGGUSPZAY"),
    ("Serializer", {}, {"id": 42, "e": "€"}, '{"id": 42, "e": "\\u20ac"}.An8kcn9H5qTQWox18GbRZfJsHME'),
    ("TimedSerializer", {"salt": "x"}, [1], "[1].TgPVoQ.1xxf7G0wEV6fUU0_iy02I8j-65M"),
    ("URLSafeSerializer", {}, {"id": 42, "e": "€"}, "eyJpZCI6NDIsImUiOiLigqwifQ.wSv4agCn4G0cZ6d61tOodbx91Ss"),
    (
        "URLSafeSerializer",
        {},
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        ".eJxTSqQDUAIArdsmKQ.Sanv2QVF9wgx6px3KzTuV1ogQmM",
    ),
    (
        "URLSafeTimedSerializer",
        {"salt": "cookie-session"},
        {"user": 1},
        "eyJ1c2VyIjoxfQ.TgPVoQ.0NrQWpZokKvCo18L6lUhmTQrYT8",
    ),
]


@pytest.mark.parametrize(("cls", "kwargs", "value", "signed"), VECTORS)
def test_bytes_are_those_of_itsdangerous(cls, kwargs, value, signed):
    made = getattr(signing, cls)("secret", **kwargs)
    if isinstance(made, Signer):
        assert made.sign(value) == signed and made.unsign(signed) == value
    else:
        assert made.dumps(value) == signed and made.loads(signed) == value


class Reversed(SigningAlgorithm):
    def get_signature(self, key, value):
        return (key + value)[::-1]


@pytest.mark.parametrize("cls", [Signer, TimestampSigner])
@pytest.mark.parametrize(
    "kwargs",
    [
        *({"key_derivation": name} for name in ("concat", "django-concat", "hmac", "none")),
        *({"digest_method": getattr(hashlib, name)} for name in ("md5", "sha256", "sha512")),
        *({"algorithm": algorithm} for algorithm in (NoneAlgorithm(), HMACAlgorithm(), Reversed())),
        {"salt": None},
        {"sep": ":"},
    ],
)
def test_signers(cls, kwargs):
    signer = cls("secret", **kwargs)
    for value in (b"value", b"a.b:c", b""):
        signed = signer.sign(value)
        assert signer.unsign(signed) == signer.unsign(signed.decode()) == value
        assert signer.validate(signed)


@pytest.mark.parametrize("cls", [Signer, TimestampSigner])
@pytest.mark.parametrize(
    "change",
    [
        lambda s: s[:-1],
        lambda s: s + b"a",
        lambda s: b"x" + s,
        lambda s: s.replace(b".", b""),
        lambda s: s.upper(),
        lambda s: b"",
        lambda s: b".",
        lambda s: s.rpartition(b".")[0],
        lambda s: s.rpartition(b".")[0] + b"." + "\u20ac".encode(),
    ],
)
def test_changed_values(cls, change):
    signer = cls("secret")
    bad = change(signer.sign("value"))
    assert not signer.validate(bad)
    with pytest.raises(BadSignature):
        signer.unsign(bad)


@given(st.binary(), st.integers(), st.integers(1, 255))
def test_any_changed_byte_is_noticed(value, position, difference):
    signer = Signer("secret")
    signed = bytearray(signer.sign(value))
    # The last character of the base64 signature has bits to spare; like itsdangerous, the one
    # after the last full byte is not looked at.
    position %= len(signed) - 1
    signed[position] ^= difference
    try:
        changed = signer.unsign(bytes(signed))
    except BadSignature:
        return
    assert changed == value  # only the spelling of the signature differs


def test_keys_in_rotation():
    old, new = Signer("old"), Signer(["old", "new"])
    assert new.sign("x") == Signer("new").sign("x")
    assert new.unsign(old.sign("x")) == b"x"
    assert new.secret_key == b"new"
    with pytest.raises(BadSignature):
        old.unsign(new.sign("x"))


def test_a_salt_separates_purposes():
    with pytest.raises(BadSignature):
        Signer("secret", salt="a").unsign(Signer("secret", salt="b").sign("x"))


def test_evidence():
    with pytest.raises(BadSignature, match="No b'.' found") as caught:
        Signer("secret").unsign("value")
    assert caught.value.payload is None
    with pytest.raises(BadSignature, match="does not match") as caught:
        Signer("secret").unsign("value.sig")
    assert caught.value.payload == b"value"
    assert caught.value.message == str(caught.value)
    header = BadHeader("m", "p", header="h", original_error=ValueError())
    assert (header.payload, header.header, isinstance(header, BadData)) == ("p", "h", True)


def test_bad_settings():
    with pytest.raises(ValueError, match="separator cannot be used"):
        Signer("secret", sep="-")
    with pytest.raises(TypeError, match="'nope'; known: concat"):
        Signer("secret", key_derivation="nope").sign("x")
    with pytest.raises(NotImplementedError):
        SigningAlgorithm().get_signature(b"", b"")


def test_settings_of_a_signer_may_change():
    signer = Signer("secret")
    before = signer.sign("x")
    signer.salt = b"other"
    assert signer.sign("x") != before
    signer.key_derivation = "hmac"
    assert signer.sign("x") == Signer("secret", "other", key_derivation="hmac").sign("x")


def test_age(clock):
    signer = TimestampSigner("secret")
    signed = signer.sign("value")
    assert signer.unsign(signed, return_timestamp=True) == (b"value", WHEN)
    clock(NOW + 10)
    assert signer.unsign(signed, max_age=10) == b"value"
    clock(NOW + 11)
    with pytest.raises(SignatureExpired, match="age 11 > 10 seconds") as caught:
        signer.unsign(signed, max_age=10)
    assert (caught.value.payload, caught.value.date_signed) == (b"value", WHEN)
    clock(NOW - 1)
    with pytest.raises(SignatureExpired, match="age -1 < 0 seconds"):
        signer.unsign(signed, max_age=10)
    assert not signer.validate(signed, max_age=10) and signer.validate(signed)


@pytest.mark.parametrize(
    ("signed", "message", "payload"),
    [
        (Signer("secret").sign("value"), "timestamp missing", b"value"),
        (Signer("secret").sign("value.____________"), "Malformed", b"value"),
        (Signer("secret").sign("value.A"), "Malformed", b"value"),
        (b"value.TgPVoaGhoQ.sig", "Malformed", b"value"),
        (b"value.TgPVoQ.sig", "does not match", b"value"),
        (b"value.A.sig", "does not match", b"value"),
    ],
)
def test_bad_timestamps(signed, message, payload):
    with pytest.raises(BadTimeSignature, match=message) as caught:
        TimestampSigner("secret", salt="itsdangerous.Signer").unsign(signed)
    assert caught.value.payload == payload


class Binary:
    """A serializer that makes bytes."""

    @staticmethod
    def dumps(obj, **kwargs):
        return json.dumps(obj, **kwargs).encode()

    loads = staticmethod(json.loads)


SERIALIZERS = [Serializer, TimedSerializer, URLSafeSerializer, URLSafeTimedSerializer]


@pytest.fixture(params=SERIALIZERS, ids=lambda cls: cls.__name__)
def cls(request):
    return request.param


@pytest.mark.parametrize("inner", [None, Binary, json])
@pytest.mark.parametrize("value", [None, True, "text\u20ac", [1, 2], {"id": 42}, "a" * 1000])
def test_serializers(cls, inner, value):
    serializer = cls("secret", serializer=inner)
    signed = serializer.dumps(value)
    assert isinstance(signed, bytes if inner is Binary else str)
    assert serializer.loads(signed) == value
    assert serializer.loads_unsafe(signed) == (True, value)
    assert serializer.loads_unsafe(signed[:-1]) == (False, value)
    file = io.BytesIO() if inner is Binary else io.StringIO()
    serializer.dump(value, file)
    for read in (serializer.load, lambda f: serializer.load_unsafe(f)[1]):
        file.seek(0)
        assert read(file) == value


def test_bad_payloads(cls):
    serializer = cls("secret")
    for payload in (b"", b"{", b"\xff", b".!", b".AAAA", b"e"):
        with pytest.raises(BadPayload) as caught:
            serializer.loads(serializer.make_signer().sign(payload))
        assert caught.value.original_error is not None
    assert serializer.loads_unsafe("nothing") == (False, None)
    assert serializer.loads_unsafe("{.x.x") == (False, None)


def test_salts_and_fallbacks(cls):
    serializer = cls("secret", signer_kwargs={"digest_method": hashlib.sha256})
    signed = serializer.dumps(1)
    with pytest.raises(BadSignature):
        serializer.loads(serializer.dumps(1, salt="other"))
    assert serializer.loads(serializer.dumps(1, salt="other"), salt="other") == 1

    class Signer256(cls.default_signer):
        default_digest_method = hashlib.sha256

    for fallback in ({"digest_method": hashlib.sha256}, Signer256, (Signer256, {})):
        assert cls(["old", "secret"], fallback_signers=[fallback]).loads(signed) == 1
        assert cls("secret", signer=Signer256).loads(signed) == 1
    with pytest.raises(BadSignature):
        cls("secret", fallback_signers=[{"digest_method": hashlib.md5}]).loads(signed)


def test_serializer_settings(cls):
    serializer = cls(["old", "new"], salt=None, serializer_kwargs={"skipkeys": True})
    assert serializer.secret_key == b"new"
    assert serializer.loads(serializer.dumps({(): 1})) == {}
    assert cls[str] is cls


def test_timed_serializers(clock):
    for cls in (TimedSerializer, URLSafeTimedSerializer):
        clock(NOW)
        serializer = cls("secret")
        signed = serializer.dumps([1])
        assert serializer.loads(signed, return_timestamp=True) == ([1], WHEN)
        clock(NOW + 11)
        with pytest.raises(SignatureExpired) as caught:
            serializer.loads(signed, max_age=10)
        assert serializer.load_payload(caught.value.payload) == [1]
        assert serializer.loads_unsafe(signed, max_age=10) == (False, [1])
        assert serializer.loads_unsafe(signed, max_age=20) == (True, [1])


def test_an_expired_signature_is_not_tried_on_fallbacks(clock):
    serializer = TimedSerializer("secret", fallback_signers=[{"key_derivation": "hmac"}])
    signed = serializer.dumps(1)
    clock(NOW + 2)
    with pytest.raises(SignatureExpired):
        serializer.loads(signed, max_age=1)


def test_compression_is_used_where_it_is_shorter():
    serializer = URLSafeSerializer("secret")
    assert not serializer.dumps("abc").startswith(".")
    assert serializer.dumps("a" * 1000).startswith(".")


def test_a_bomb_does_not_inflate(monkeypatch):
    serializer = URLSafeSerializer("secret")
    bomb = b"." + base64_encode(zlib.compress(json.dumps("a" * 5_000_000).encode()))
    assert len(bomb) < 8_000
    # Signed, it stops at the limit; forged, nothing is inflated at all.
    with pytest.raises(BadPayload) as caught:
        serializer.loads(serializer.make_signer().sign(bomb))
    assert "1048576 bytes" in str(caught.value.original_error)
    assert serializer.loads_unsafe(bomb + b".forged") == (False, None)
    monkeypatch.setattr(URLSafeSerializer, "_inflate", None)
    with pytest.raises(BadSignature):
        serializer.loads(bomb + b".forged")


def test_what_is_too_long_to_inflate_is_not_compressed():
    serializer = URLSafeSerializer("secret")
    value = "a" * 1_100_000
    assert serializer.loads(serializer.dumps(value)) == value


@given(st.binary())
def test_base64(value):
    encoded = base64_encode(value)
    assert not set(encoded) - set(signing._base64_alphabet)
    assert base64_decode(encoded) == base64_decode(encoded.decode()) == value


def test_bad_base64_and_numbers():
    with pytest.raises(BadData):
        base64_decode("12345")
    assert base64_decode("MTIz\u20ac!NDU2") == b"123456"
    for number in (0, 192, 2**64 - 1):
        assert bytes_to_int(int_to_bytes(number)) == number
    assert int_to_bytes(0) == b""
    with pytest.raises(ValueError):
        bytes_to_int(b"x" * 9)


@pytest.mark.parametrize("token", ["", "x", "x.y", "x.y.z", "e30.ZVPxAA.x", "e30.!.x"])
def test_a_refused_token_leaves_nothing_to_the_garbage_collector(token):
    """Else whoever sends forged cookies makes a site pause to collect."""
    serializer = URLSafeTimedSerializer(["old", "new"])

    def refuse():
        try:
            serializer.loads(token, max_age=5)
        except BadData:
            return
        pytest.fail("accepted")

    refuse()
    gc.collect()
    gc.disable()
    try:
        refuse()
        assert gc.collect() == 0
    finally:
        gc.enable()


@given(st.binary(max_size=600) | st.text('ab{}":, ', max_size=600).map(str.encode))
def test_short_payloads_are_compressed_to_the_same_bytes(data):
    compressed = _compress(data)
    assert zlib.decompress(compressed) == data
    if zlib.ZLIB_VERSION.startswith("1.2") and "ng" not in zlib.ZLIB_RUNTIME_VERSION:
        assert compressed == zlib.compress(data)


@given(st.sets(st.integers(32, 126), max_size=22).map(bytes), st.integers(0, 10), st.integers(0, 1))
def test_what_is_not_tried_would_not_be_shorter(data, count, last):
    data += data[-1:] * count if last else data[:count]
    assert not _may_shrink(data)
    assert len(zlib.compress(data)) >= len(data) - 1
    assert _may_shrink(b"a" * 12)


@pytest.mark.parametrize("keys", ["key", ["old", "key"]])
@pytest.mark.parametrize("value", [{}, {"a": 1}, {"a": "x" * 200}, {"a": "\u20ac" * 20}, [1, "x" * 2000]])
@pytest.mark.parametrize("codec", [URLSafeTimedSerializer.default_serializer, pickle], ids=["text", "bytes"])
def test_the_straight_way_is_the_serializers(keys, value, codec):
    options = {"key_derivation": "hmac", "digest_method": hashlib.sha256}
    serializer = URLSafeTimedSerializer(keys, "salt", codec, signer_kwargs=options)
    way = StraightSerializer(keys, "salt", codec, **options)
    token = way.dumps(value)
    assert serializer.loads(token) == way.loads(token, 10) == way.loads(token) == value
    assert way.loads(serializer.dumps(value), 10) == value
    assert way.loads(token, 10, return_timestamp=True)[0] == value
    assert serializer.loads(way.dumps(value, "other"), salt="other") == value
    with pytest.raises(BadSignature):
        way.loads(token, 10, salt="other")
    older = URLSafeTimedSerializer("old", "salt", codec, signer_kwargs=options).dumps(value)
    if keys == "key":
        with pytest.raises(BadSignature):
            way.loads(older, 10)
    else:
        assert way.loads(older, 10) == value


def test_what_the_straight_way_refuses_it_refuses_as_the_serializer():
    serializer = URLSafeTimedSerializer("key")
    token = serializer.dumps({"a": 1})
    way = StraightSerializer("key", serializer.salt, serializer.serializer)
    for bad in (token[:-1], "x" + token, token + "x", "", ".", "..", "\u20ac", token.replace(".", "")):
        with pytest.raises(BadSignature) as ours:
            way.loads(bad, 10)
        with pytest.raises(type(ours.value)):
            serializer.loads(bad, max_age=10)
    with pytest.raises(SignatureExpired):
        way.loads(token, -1)
