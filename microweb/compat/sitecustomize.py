"""Installs the alias layer while a child process of `launch` starts; does nothing elsewhere.

Python imports a module of this name at start-up, as a top-level one: no relative import works here.
"""

from __future__ import annotations

import importlib
import os
import sys

if __name__ == "sitecustomize" and "MICROWEB_COMPAT" in os.environ:
    _package, _, _root = os.environ["MICROWEB_COMPAT"].partition(os.pathsep)
    _here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry or ".") != _here]
    sys.path.append(_root)
    importlib.import_module(_package).install()
    # Make way for the sitecustomize that this one hid, if there is one.
    _this = sys.modules.pop("sitecustomize")
    try:
        importlib.import_module("sitecustomize")
    except ModuleNotFoundError:
        sys.modules["sitecustomize"] = _this
