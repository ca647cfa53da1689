"""Servers that look at their deadlines more often than they have to, so that nobody waits for them."""

import pytest

from microweb.server import loop


@pytest.fixture(autouse=True)
def _often(monkeypatch):
    monkeypatch.setattr(loop, "_SWEEP_SECONDS", 0.05)
