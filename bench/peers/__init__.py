"""The peers: a small script for each, and ``run``, which runs them."""
