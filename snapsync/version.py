"""The version of the package, alone in its file so that nothing else is imported to read it."""

__version__ = "0.1.0"
