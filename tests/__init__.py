"""The tests: one folder a part of the package, and the gate, which looks at the package as a whole."""
