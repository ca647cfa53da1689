"""The test suites of the stack itself, run under the alias layer: ``python -m tests.upstream``."""
