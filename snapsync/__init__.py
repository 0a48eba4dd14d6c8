"""snapsync keeps a trading bot's book true to its broker account."""
