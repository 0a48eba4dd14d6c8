"""``python -m snapsync``: the same as the ``snapsync`` command."""

from snapsync.cli.main import run

run()
