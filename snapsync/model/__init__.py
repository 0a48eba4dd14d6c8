"""WHAT: values and pure functions. No I/O, no clock, no environment, no randomness.

Read in this order: ``state`` and ``ledger`` (what is known), ``change`` and ``plan`` (what is to be
done), ``policy`` (what is to be thought of it), ``history`` (what was done). ``canon`` turns each of
them into the one byte form that its Id is the hash of.
"""
