"""The command line: `main` reads the arguments, `discovery` finds the application."""
