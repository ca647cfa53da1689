"""JSON between messages: the standard library's module, held to RFC 8259.

The rule: what comes in must be JSON, not what Python's parser is willing to take for it. NaN and
the infinities are refused both ways; nesting that exhausts the stack is an error of the sender. An
application that has a JSON provider of its own sets `json_module` on its Request and Response.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing as t


def _refuse_constant(name: str) -> t.NoReturn:
    raise ValueError(f"{name} is not JSON (RFC 8259, section 6); send null or a string")


def _finite(digits: str) -> float:
    # 1e999 is JSON, but what Python makes of it is not: it would come out as Infinity.
    value = float(digits)
    if value in (float("inf"), float("-inf")):
        raise ValueError(f"{digits[:20]} is larger than any float")
    return value


#: What `json.loads` and `json.JSONDecoder` are told. Python's parser takes NaN, and a float too large for it
#: is infinite: neither could be sent back.
STRICT: dict[str, t.Any] = {"parse_constant": _refuse_constant, "parse_float": _finite}


class StrictJSON:
    """`dumps` and `loads` of `json`, imported on first use: it costs 3 ms, and most requests have
    none.
    """

    @staticmethod
    def loads(s: str | bytes, **kwargs: t.Any) -> t.Any:
        """Parse; ValueError for anything that is not JSON."""
        import json

        return json.loads(s, **{**STRICT, **kwargs})

    @staticmethod
    def dumps(obj: t.Any, **kwargs: t.Any) -> str:
        """Write; ValueError for a number that JSON has not."""
        import json

        # `NaN` in an answer breaks every browser's JSON.parse, far from the mistake.
        return json.dumps(obj, **{"allow_nan": False, **kwargs})
