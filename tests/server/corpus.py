"""Raw requests as tables: what came, and the status that it gets; the rows' numbers are those of
the published records that they come from (see docs/security.md).

A head of status 200 has to be answered right, every other one by that status alone.
"""

import os
import random

from microweb.server.limits import Limits

HOST = b"Host: good\r\n"
LINE = b"GET / HTTP/1.1\r\n"
POST = b"POST / HTTP/1.1\r\n" + HOST
#: Random cuts of each row; more for who has the time.
CUTS = int(os.environ.get("MICROWEB_CUTS", 3))
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"


def bytewise(data):
    return [data[i : i + 1] for i in range(len(data))]


def cut(data, seed):
    places = sorted(random.Random(seed).sample(range(len(data) + 1), min(3, len(data))))
    return [data[a:b] for a, b in zip([0, *places], [*places, len(data)])]


def line(text):
    return text + b"\r\n" + HOST + b"\r\n"


def fields(text):
    return LINE + HOST + text + b"\r\n\r\n"


REQUEST_LINES = {
    # B1: versions
    b"GET / HTTP/1.1": 200,
    b"GET / HTTP/1.0": 200,
    b"GET / HTTP/1.9": 200,
    b"GET / HTTP/1.32": 400,
    b"GET / HTTP/\r\r1.1": 400,
    b"GET / HTTP/1111.1": 400,
    b"GET / HTTP/0.99": 400,
    b"GET / HTTP/0.9": 505,
    b"GET / HTTP/2.0": 505,
    b"GET / HTTP/01.01": 400,
    b"GET / http/1.1": 400,
    b"GET / FTP/1.1": 400,
    b"GET / HTTP/1.1 x": 400,
    b"GET / HTTP/1.1 ": 400,
    b"GET / HTTP/1.": 400,
    b"GET / HTTP/\xb2.1": 400,
    # B2: methods
    b'G":<>(e) / HTTP/1.1': 400,
    b"bla:rgh / HTTP/1.1": 400,
    b"GET\x00 / HTTP/1.1": 400,
    b"GET\xdf / HTTP/1.1": 400,
    b"\x16\x03\x01\x02\x00\x01": 400,
    b"M" * 32 + b" / HTTP/1.1": 200,
    b"M" * 33 + b" / HTTP/1.1": 400,
    b"-._~!#$%&'*+^`| / HTTP/1.1": 200,
    # B3: white space
    b"GET /\nHTTP/1.1": 400,
    b"GET\n/\nHTTP/1.1": 400,
    b"GET\x0b/\x0bHTTP/1.1": 400,
    b"GET\x85/\xa0HTTP/1.1": 400,
    b"GET  /  HTTP/1.1": 400,
    b"GET\t/\tHTTP/1.1": 400,
    b"GET /": 400,
    b" GET / HTTP/1.1": 400,
    b"\x00GET / HTTP/1.1": 400,
    # B4: targets
    b"GET a:80 HTTP/1.1": 400,
    b"GET * HTTP/1.1": 400,
    b"OPTIONS * HTTP/1.1": 200,
    b"CONNECT /x HTTP/1.1": 501,
    b"CONNECT a:443 HTTP/1.1": 501,
    b"GET ! HTTP/1.1": 400,
    b"GET foo HTTP/1.1": 400,
    b"GET  HTTP/1.1": 400,
    b"GET /p#frag HTTP/1.1": 400,
    b"PRI * HTTP/2.0": 505,
    b"\x00 / HTTP/....05.7.": 400,
    b"GET /\x7f HTTP/1.1": 400,
    b"GET /\xc3\xbc HTTP/1.1": 400,
    b"GET /%zz%0a HTTP/1.1": 200,
    b"GET //evil/.. HTTP/1.1": 200,
    # B5: absolute form
    b"GET http://evil/p?q HTTP/1.1": 200,
    b"GET HTTPS://evil:8443 HTTP/1.1": 200,
    b"GET http:///p HTTP/1.1": 400,
    b"GET http://user:pass@evil/ HTTP/1.1": 400,
    b"GET http://evil:99999/ HTTP/1.1": 400,
    b"GET ftp://evil/ HTTP/1.1": 400,
    # B9: length
    b"GET /" + b"a" * (Limits.line_bytes - 20) + b" HTTP/1.1": 200,
    b"GET /" + b"a" * Limits.line_bytes + b" HTTP/1.1": 414,
    b"G" * 70_000: 414,
    # found by fuzzing: refused for another reason, or with another status, when it came in pieces
    b"GET / HTTP/1.9\r": 400,
    b"GET /" + b"a" * (Limits.line_bytes - 4) + b"\nX: y": 414,
    b"GET /" + b"a" * (Limits.line_bytes - 5) + b"\nX: y": 400,
}

HEADS = {
    # B10, B12-B14: lengths
    fields(b"Content-Length: 5"): 200,
    fields(b"Content-Length: 010"): 200,
    fields(b"Content-Length: 5\r\nContent-Length: 5"): 400,
    fields(b"Content-Length: 5\r\nContent-Length: 0"): 400,
    fields(b"Content-Length: 0\r\ncontent-length: 5"): 400,
    fields(b"Content-Length: \r\nContent-Length: 43"): 400,
    fields(b"Content-Length: 5, 5"): 400,
    **{
        fields(b"Content-Length: " + value): 400
        for value in (
            *(b"+1_0", b"+10", b"-1", b"-48", b"1_0", b"0x1", b"\xa05", b"5\xa0", b"abc", b"1Z"),
            *(b"", b"\xd9\xa1", b"9" * 19, b"9" * 5000, b"5;", b"5.0"),
        )
    },
    # B11, B15-B18: codings
    fields(b"Transfer-Encoding: chunked"): 200,
    fields(b"Transfer-Encoding: CHUNKED"): 200,
    fields(b"Content-Length: 3\r\nTransfer-Encoding: chunked"): 400,
    **{
        fields(b"Transfer-Encoding: " + value): 501
        for value in (b"gzip, chunked", b"xchunked", b"blegh", b"chunked, identity", b"identity")
    },
    fields(b"Transfer-Encoding: \xa0chunked"): 501,
    fields(b"Transfer-Encoding: chunked\x85"): 501,
    **{
        fields(b"Transfer-Encoding: " + value): 400
        for value in (b"chunked, chunked", b",chunked", b"chunked,", b"\x0bchunked", b"\x0cchunked")
    },
    fields(b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"): 400,
    b"GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n": 400,
    # B19, B20: line ends
    b"GET / HTTP/1.1\nHost: a\n\n": 400,
    fields(b"X: a\nTransfer-Encoding: chunked"): 400,
    fields(b"Useless:\n\nGET / HTTP/1.1"): 400,
    fields(b"X-Abc: \rxTransfer-Encoding: chunked"): 400,
    fields(b"V: x\rSmug: y"): 400,
    fields(b"V: x\r"): 400,
    b"\r\n" + fields(b"A: b"): 200,
    b"\r\n\r\n" + fields(b"A: b"): 400,
    # B30-B32: names
    **{
        fields(text): 400
        for text in (
            *(b"Content-Length : 5", b"Content-Length\t: 5", b"Content-Length\x85: 5"),
            *(b"\xefoo: x", b"A(b)\x01: x", b"Content-Length 5", b": v", b":", b"Garbage"),
            *(b"V: x\r\n y", b"Transfer-\r\nEncoding: chunked", b"A: b\r\n\tc"),
        )
    },
    LINE + b" Content-Length: 5\r\n" + HOST + b"\r\n": 400,
    # B44: values
    **{fields(b"V: a" + bytes([c]) + b"b"): 400 for c in (*range(9), *range(10, 32), 127)},
    fields(b"V: a\tb"): 200,
    fields(b"V: \xff"): 200,
    fields(b"V:"): 200,
    # B43, B45 and limits
    fields(b"Bad: " + b"x" * 8000 + b"\x10"): 400,
    fields(b"\r\n".join([b"X: a"] * (Limits.fields - 1))): 200,
    fields(b"\r\n".join([b"X: a"] * Limits.fields)): 431,
    fields(b"X: " + b"a" * Limits.line_bytes): 431,
    fields(b"\r\n".join([b"X: " + b"a" * 8000] * (Limits.head_bytes // 8000 + 1))): 431,
    # B48: singletons
    fields(b"Host: evil"): 400,
    fields(b"Content-Type: a/b\r\nContent-Type: c/d"): 400,
    # B64: hosts
    LINE + b"\r\n": 400,
    b"GET / HTTP/1.0\r\n\r\n": 200,
    **{
        LINE + b"Host: " + host + b"\r\n\r\n": 400
        for host in (
            *(b"user:pass@evil", b"a/b@c?d", b"a, b", b"a b", b"[::1", b"a:99999", b"", b"a:"),
            *(b"a:b", b"a:123456", b"a\\b", b"[::1]x"),
        )
    },
    **{
        LINE + b"Host: " + host + b"\r\n\r\n": 200
        for host in (b"a", b"a.b:80", b"[::1]:8000", b"127.0.0.1", b"x_y-z")
    },
    # B38: expectations
    fields(b"Expect: 100-Continue"): 200,
    fields(b"Expect: 200-maybe"): 417,
    b"GET / HTTP/1.0\r\nExpect: 200-maybe\r\n\r\n": 200,
    # ends too early: the client has to say so
    b"GET / HTTP/1.1\r\nHost: a\r\n": 400,
    b"GET": 400,
}


WHOLE = {
    b"0\r\n\r\n": b"",
    b"5\r\nhello\r\n0\r\n\r\n": b"hello",
    b"5;a=b\r\nhello\r\n1\r\n!\r\n000\r\n\r\n": b"hello!",
    b"A\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n": b"0123456789",
}

BROKEN = [
    # B21: sizes
    *(size + b"\r\nhello\r\n0\r\n\r\n" for size in (b"0x5", b"+5", b"-5", b"0_5", b" 5", b"5 ")),
    *(size + b"\r\nhello\r\n0\r\n\r\n" for size in (b"1Z", b"", b"F" * 16, b"F" * 4000)),
    # B22: extensions
    b"5;a\nb\r\nhello\r\n0\r\n\r\n",
    b"5\r\r;ABCD\r\nhello\r\n0\r\n\r\n",
    b"5;" + b"a" * 1000 + b"\r\nhello\r\n0\r\n\r\n",
    # B23: what stands between chunks
    b"5\r\nhelloXX0\r\n\r\n",
    b"5\r\nhello\n0\r\n\r\n",
    # B24: trailers
    b"0\r\nbad line\r\n\r\n",
    b"0\r\nX : y\r\n\r\n",
    b"0\r\n" + b"X: y\r\n" * 101 + b"\r\n",
    # B25: the end comes too early
    b"5\r\nhel",
    b"5\r\nhello\r\n",
    b"0\r\n",
    b"",
]
