"""The alias layer, installed around one test."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from microweb import compat
from microweb.compat.modules import PEERS
from microweb.server import loop


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Install the alias layer and take it away again."""
    real = [name for name in PEERS if name in sys.modules]
    if real:
        pytest.skip(f"the real {real[0]} is imported in this process")
    # `werkzeug.serving` sets it for the process.
    monkeypatch.setattr(loop.BaseWSGIServer, "handler_class", loop.BaseWSGIServer.handler_class)
    compat.install()
    yield
    sys.meta_path.remove(compat._finder)
    for name in [name for name in sys.modules if name.partition(".")[0] in PEERS]:
        del sys.modules[name]
