"""WHO: the two sides.

``alpaca`` reads the broker and can do nothing else; ``book`` reads the bot's files and proposes bytes
for them, but never writes.
"""
