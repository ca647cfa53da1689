"""The documentation is true: every Python example in it, and in docstrings, runs.

A page's blocks run from top to bottom in one namespace, as a reader would type them; where a block has
prompts, what it shows is compared. A block whose fence names a file, as in "```html templates/page.html", is
written into the page's folder instead, from which its modules can be imported. Others are not run.
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
FENCE = re.compile(r"^( *)```(\w+) *([\w./-]*) *\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
#: Libraries that a page is about; it is tried where they are installed.
NEEDS = re.compile(r"(?:<!-- needs: (.*?) -->)?")
OPTIONS = doctest.ELLIPSIS | doctest.IGNORE_EXCEPTION_DETAIL


def blocks(text: str):
    """Line number, language, file name if one is given, and code of each block."""
    for match in FENCE.finditer(text):
        indent, language, file, code = match.groups()
        code = re.sub(f"^{indent}", "", code, flags=re.MULTILINE)
        yield text.count("\n", 0, match.start(4)), language, file, code


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
    monkeypatch.syspath_prepend(str(tmp_path))
    # A page may install the alias layer, which is there for the whole process.
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path])
    before = set(sys.modules)
    yield module
    for name in set(sys.modules) - before:
        if name.partition(".")[0] in PEERS or written_by_the_page(sys.modules[name], tmp_path):
            del sys.modules[name]


def written_by_the_page(module: ModuleType, folder) -> bool:
    return str(getattr(module, "__file__", None)).startswith(str(folder))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_page(page, page_module, tmp_path):
    namespace = vars(page_module)
    text = page.read_text("utf-8")
    for library in (NEEDS.match(text).group(1) or "").split():
        pytest.importorskip(library)
    for line, language, file, code in blocks(text):
        if file:
            path = tmp_path / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(code, "utf-8")
        elif language != "python":
            continue
        elif ">>>" in code:
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
