"""The documentation is true: every Python example in it, and in docstrings, runs.

A page's blocks run from top to bottom in one namespace, as a reader would type them; where a block has
prompts, what it shows is compared. A block whose fence names a file, as in "```html templates/page.html", is
written into the page's folder instead, from which its modules can be imported. Others are not run. Pages
with a number in front continue those with smaller ones: they find their files.

A "console" block is a screen: what follows a line that begins with "$ " is what that command shows in a
terminal of 80 columns, but for the digits of times and other fractions.
"""

from __future__ import annotations

import doctest
import importlib
import os
import re
import subprocess
import sys
from types import ModuleType

import pytest

from microweb.compat.modules import PEERS
from tests.house import ROOT, modules

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r"^( *)```(\w+) *([\w./-]*) *\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
#: Libraries that a page is about; it is tried where they are installed.
NEEDS = re.compile(r"(?:<!-- needs: (.*?) -->)?")
OPTIONS = doctest.ELLIPSIS


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
    monkeypatch.setenv("PYTHONPATH", str(ROOT))  # for what a page starts
    # A page may install the alias layer, which is there for the whole process.
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path])
    monkeypatch.setattr(sys, "path", [*sys.path])
    before = set(sys.modules)
    yield module
    for name in set(sys.modules) - before:
        if name.partition(".")[0] in PEERS or written_by_the_page(sys.modules[name], tmp_path):
            del sys.modules[name]


def written_by_the_page(module: ModuleType, folder) -> bool:
    # In a zip file of the page's the path may be relative.
    return os.path.abspath(str(getattr(module, "__file__", None) or os.sep)).startswith(str(folder))


SCREEN = re.compile(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
FRACTION = re.compile(r" *\b\d+\.\d\d+")


def check_screens(code: str, folder) -> None:
    """Run the commands of a block, `microweb` among them, as a shell would, and compare what they show."""
    program = folder / "bin" / "microweb"
    program.parent.mkdir(exist_ok=True)
    program.write_text(f"#!/bin/sh\nexec {sys.executable} -c '{STARTER}' \"$@\"\n")
    program.chmod(0o755)
    known = {
        name: value for name, value in os.environ.items() if not name.startswith(("FLASK_", "MICROWEB_"))
    }
    environ = {**known, "PATH": f"{program.parent}:{os.environ['PATH']}", "COLUMNS": "80", "NO_COLOR": "1"}
    for command, wanted in SCREEN.findall(code):
        done = subprocess.run(command, shell=True, cwd=folder, env=environ, capture_output=True, text=True)
        shown = done.stderr + done.stdout
        same = (FRACTION.sub(" 0.0", text) for text in (wanted.strip("\n"), shown.strip("\n")))
        assert doctest.OutputChecker().check_output(*same, OPTIONS), f"$ {command}\n{shown}"


STARTER = 'import sys; sys.argv[0] = "microweb"; from microweb.cli.main import main; sys.exit(main())'


def write_files(page, folder) -> None:
    for _, _, file, code in blocks(page.read_text("utf-8")):
        if file:
            path = folder / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(code, "utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_page(page, page_module, tmp_path):
    namespace = vars(page_module)
    text = page.read_text("utf-8")
    for library in (NEEDS.match(text).group(1) or "").split():
        pytest.importorskip(library)
    for earlier in sorted(page.parent.glob("[0-9]*.md")) if page.name[0].isdigit() else [page]:
        if earlier <= page:
            write_files(earlier, tmp_path)
    for line, language, file, code in blocks(text):
        if language == "console":
            check_screens(code, tmp_path)
        if file or language != "python":
            continue
        if ">>>" in code:
            test = doctest.DocTestParser().get_doctest(code, {}, page.name, str(page), line)
            test.globs = namespace
            Loud().run_test(test)
        else:
            # Blank lines before it give the code the page's line numbers in tracebacks.
            exec(compile("\n" * line + code, str(page), "exec", dont_inherit=True), namespace)


def test_the_tutorial_ends_as_its_example(tmp_path):
    for page in sorted((ROOT / "docs" / "tutorial").glob("[0-9]*.md")):
        write_files(page, tmp_path)
    example = ROOT / "docs" / "examples" / "tutorial"
    assert contents(tmp_path) == contents(example)


def contents(folder) -> dict[str, str]:
    files = [path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    return {path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in files}


@pytest.mark.parametrize("name", sorted(modules()), ids=lambda name: name or "__init__")
def test_docstrings(name):
    if name.endswith("__main__"):
        return  # importing it would run it
    module = importlib.import_module(f"microweb.{name}".rstrip("."))
    for test in doctest.DocTestFinder(exclude_empty=True).find(module):
        if test.examples:
            Loud().run_test(test)
