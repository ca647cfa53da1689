"""The documentation is true: every Python example in it, and in docstrings, runs.

A page's blocks run from top to bottom in one namespace, as a reader would type them; where a block has
prompts, what it shows is compared. Blocks of other languages are not run.
"""

from __future__ import annotations

import doctest
import importlib
import re
import sys
from types import ModuleType

import pytest

from microweb.compat.table import PEERS
from tests.house import ROOT, modules

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r"^( *)```python *\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
OPTIONS = doctest.ELLIPSIS | doctest.IGNORE_EXCEPTION_DETAIL


def blocks(text: str):
    """Line number and code of each Python block."""
    for match in FENCE.finditer(text):
        indent, code = match.groups()
        code = re.sub(f"^{indent}", "", code, flags=re.MULTILINE)
        yield text.count("\n", 0, match.start(2)), code


class Loud(doctest.DocTestRunner):
    """Keeps what went wrong instead of printing it."""

    def __init__(self) -> None:
        super().__init__(optionflags=OPTIONS, verbose=False)
        self.told: list[str] = []

    def run_test(self, test: doctest.DocTest) -> None:
        self.run(test, out=self.told.append, clear_globs=False)
        assert not self.told, "".join(self.told)


@pytest.fixture
def page_module(tmp_path, monkeypatch):
    """The module that a page's code believes to be: it lies in an empty folder."""
    module = ModuleType("page")
    module.__file__ = str(tmp_path / "page.py")
    monkeypatch.setitem(sys.modules, "page", module)
    monkeypatch.chdir(tmp_path)
    # A page may install the alias layer, which is there for the whole process.
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path])
    before = set(sys.modules)
    yield module
    for name in set(sys.modules) - before:
        if name.partition(".")[0] in PEERS:
            del sys.modules[name]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_page(page, page_module):
    namespace = vars(page_module)
    for line, code in blocks(page.read_text("utf-8")):
        if ">>>" in code:
            test = doctest.DocTestParser().get_doctest(code, {}, page.name, str(page), line)
            test.globs = namespace
            Loud().run_test(test)
        else:
            # Blank lines before it give the code the page's line numbers in tracebacks.
            exec(compile("\n" * line + code, str(page), "exec", dont_inherit=True), namespace)


@pytest.mark.parametrize("name", sorted(modules()), ids=lambda name: name or "__init__")
def test_docstrings(name):
    if name.endswith("__main__"):
        return  # importing it would run it
    module = importlib.import_module(f"microweb.{name}".rstrip("."))
    for test in doctest.DocTestFinder(exclude_empty=True).find(module):
        if test.examples:
            Loud().run_test(test)
