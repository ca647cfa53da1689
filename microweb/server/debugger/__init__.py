"""A page for every exception, with a console in each of its frames.

Read in the order in which an exception meets the files: `middleware` catches it, `access` says who may see
it, `page` takes it apart and writes it down, `repr` does so with values, without secrets, `console` runs code
in it. The page's HTML, and what the browser loads, lie in `assets`.
"""

from .middleware import DebuggedApplication as DebuggedApplication
