"""HTTP messages as objects: no sockets, no application."""
