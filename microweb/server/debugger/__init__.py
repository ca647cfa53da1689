"""A page for every exception, with a console in each of its frames.

Read in the order in which an exception meets the files: `middleware` catches it, `access` says who may see
it, `frames` takes it apart, `repr` (values, without secrets) and `page` write it down, `console` runs code
in it. The page's HTML, and what the browser loads, lie in `assets`.
"""

from .middleware import DebuggedApplication as DebuggedApplication
