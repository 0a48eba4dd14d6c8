"""READS: values to text and to JSON documents. Pure: no terminal, no clock, no files.

Every view of a kind of value has the same name in each module: ``text.plan``, ``json.plan``.
"""
