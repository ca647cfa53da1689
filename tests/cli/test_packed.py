"""A package in one compressed file; that one of them runs is tests/cli/test_vendor.py's to show."""

from __future__ import annotations

import importlib
import os
import pkgutil
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microweb.cli import packed

FILES = {
    "__init__.py": b"'''The shop.'''\nfrom .pages import front\n__version__ = '7'\n",
    "pages/__init__.py": b"def front():\n    raise LookupError('out of stock')\n",
    "pages/motd.txt": b"Gr\xc3\xbc\xc3\x9fe",
    "prices.py": b"from . import __version__\n",
    "globals.py": b"",
}


@given(st.dictionaries(st.text("ab/. ", min_size=1), st.binary(), min_size=1))
def test_round_trip(files):
    assert packed.unpack(packed.pack(files)) == files


@pytest.mark.parametrize("data", [b"", b"no", packed.pack(FILES)[:-5]])
def test_a_damaged_pack(data):
    with pytest.raises(ValueError, match=r"package\.z is damaged"):
        packed.unpack(data)


@pytest.fixture
def shop(tmp_path, monkeypatch):
    """The package of FILES, imported."""
    folder = tmp_path / "packedshop"
    folder.mkdir()
    (folder / packed.PACK).write_bytes(packed.pack(FILES))
    (folder / packed.PACKED).write_bytes(Path(packed.__file__).read_bytes())
    (folder / "__init__.py").write_text(packed.START)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "path_hooks", [*sys.path_hooks])
    yield importlib.import_module("packedshop")
    for name in [name for name in sys.modules if name.partition(".")[0] == "packedshop"]:
        del sys.modules[name]


def test_modules_are_those_of_a_folder(shop, tmp_path):
    import packedshop.prices

    assert (shop.__doc__, packedshop.prices.__version__) == ("The shop.", "7")
    assert packedshop.prices.__file__ == str(tmp_path / "packedshop" / "prices.py")
    assert packedshop.pages.__path__ == [str(tmp_path / "packedshop" / "pages")]
    assert not hasattr(shop, "start") and shop.__spec__.loader is shop.__loader__
    with pytest.raises(ModuleNotFoundError, match=r"packedshop\.pages\.nothing"):
        importlib.import_module("packedshop.pages.nothing")


def test_modules_are_listed(shop):
    importlib.invalidate_caches()
    names = [(each.name, each.ispkg) for each in pkgutil.walk_packages(shop.__path__, "shop.")]
    assert sorted(names) == [("shop.globals", False), ("shop.pages", True), ("shop.prices", False)]


def test_resources(shop):
    assert pkgutil.get_data("packedshop.pages", "motd.txt").decode() == "Grüße"
    with pytest.raises(FileNotFoundError, match=r"gone\.txt is not in the package"):
        pkgutil.get_data("packedshop.pages", "gone.txt")


def test_it_is_loaded_again(shop):
    importlib.import_module("packedshop.globals")

    del shop.front
    assert importlib.reload(shop) is shop and shop.front
    assert shop.__spec__.loader is shop.__loader__


@pytest.mark.parametrize("kind", [os.fsencode, Path, str])
def test_other_places_are_left_to_others(kind, shop, tmp_path):
    with pytest.raises(ImportError, match="no folder of this package"):
        sys.path_hooks[0](kind(tmp_path))


def test_tracebacks_show_the_code(shop):
    with pytest.raises(LookupError) as caught:
        shop.front()
    assert str(caught.traceback[-1].statement).strip() == "raise LookupError('out of stock')"


def test_nothing_is_written(shop, tmp_path):
    left = {path.name for path in tmp_path.rglob("*")} - {"__pycache__"}
    assert {name for name in left if not name.startswith(("__init__.cpython", "packed.cpython"))} == {
        "packedshop",
        "__init__.py",
        "packed.py",
        "package.z",
    }
