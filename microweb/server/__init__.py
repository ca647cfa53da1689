"""Any WSGI callable on a socket, with nothing but the standard library.

Read in the order in which a request meets the files: `loop` accepts the connection, `connection`
runs it, `head` parses what came, `body` hands out what follows, `gateway` calls the application
and frames its answer, `log` tells about it. `serving` has the ways to start all that, `binding`
the addresses, `limits` every bound.

The folder imports nothing of the package outside itself, and the framework never needs it: any
other WSGI server runs an application just as well.
"""

try:
    from .loop import BaseWSGIServer as BaseWSGIServer
    from .serving import make_server as make_server
    from .serving import run_simple as run_simple
    from .serving import serve as serve
except ImportError as error:
    why = f"The server needs the module {error.name!r}, which this Python has not."
    raise ImportError(f"{why} Another server, or CGI, may run the application.", name=error.name) from None
