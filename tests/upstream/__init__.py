"""The stack's own test suites, run against this package under its alias layer (``python -m tests.upstream``)."""
