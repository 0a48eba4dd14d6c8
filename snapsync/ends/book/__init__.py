"""The book: a bot's bankroll JSON, positions CSV and trade-history CSV, as a State and back.

``read`` gives one consistent Reading or a BookError. ``propose`` says which bytes the files should
hold after a plan's changes; it never writes. Spans are put into the files as they were read, so
columns, keys, rows and newlines that are not ours come back byte for byte.
"""

from .book import Reading, names_of, propose, read, understand
from .history import lines_of_the_bot
from .layout import Layout, layouts, survey, unused
from .merge import Merged, merge
from .nearby import Nearby, nearby
from .raw import read_files
from .values import BookFiles, Edit, Role, Writing, plain_name

__all__ = [
    "BookFiles",
    "Edit",
    "Layout",
    "Merged",
    "Nearby",
    "Reading",
    "Role",
    "Writing",
    "layouts",
    "lines_of_the_bot",
    "merge",
    "names_of",
    "nearby",
    "plain_name",
    "propose",
    "read",
    "read_files",
    "survey",
    "understand",
    "unused",
]
