#!/usr/bin/env python3
"""What this web host can do, as a page: to be put there, opened once, and taken away again."""

import sys

sys.path.insert(0, "/srv/guestbook")
print("Content-Type: text/plain; charset=utf-8\n", flush=True)

from microweb.cli.main import main  # noqa: E402 - what goes wrong from here on is shown

main(["doctor"])
