from __future__ import annotations

import pytest

import microweb.http


def test_every_name_is_there():
    for name in microweb.http._MODULES:
        assert getattr(microweb.http, name) is not None
    assert {"Headers", "MultiDict", "parse_cookie", "HTTP_STATUS_CODES"} <= set(dir(microweb.http))


def test_other_names_are_not():
    with pytest.raises(AttributeError, match="nonsense"):
        microweb.http.nonsense  # noqa: B018
