"""Tests of the model: a package, so that they can share ``strategies`` and ``world``."""
