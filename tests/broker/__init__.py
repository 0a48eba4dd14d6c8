"""Tests of the broker's end, with the real client over real HTTP."""
