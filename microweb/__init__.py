"""microweb: Flask's whole job in one package, on the standard library alone."""

__version__ = "0.1.0"
