"""``python -m microweb``: the command line."""

from __future__ import annotations

import sys

# Told in a line, not by what the first module lacks.
if sys.version_info < (3, 9):  # noqa: UP036
    sys.exit(f"This needs Python 3.9 or newer, and is run by {sys.version.split()[0]}.")

from .cli.main import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main())
