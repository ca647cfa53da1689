"""A page for every exception, with a console in each of its frames.

Read in the order in which an exception meets the files: `middleware` catches it, `access` says who may see
it, `frames` takes it apart, `redaction` hides secrets, `repr` and `page` write it down, `console` runs code
in it. What the browser loads lies in `assets`.
"""

from .middleware import DebuggedApplication as DebuggedApplication
