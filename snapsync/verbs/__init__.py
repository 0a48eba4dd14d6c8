"""WHEN: each act of snapsync, one a file; the only place where the layers meet.

A verb takes an opened ``Env`` and plain arguments, returns a value, prints nothing and asks nobody.
"""
