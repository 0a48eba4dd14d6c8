"""Tests of the book: a package, so that they can share ``shelf``."""
