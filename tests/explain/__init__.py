"""Explain and performance: a month with everything in it, and the commands."""
