"""The book: a bot's bankroll JSON, positions CSV and trade-history CSV, as a State and back.

``read`` gives one consistent Reading or a BookError. ``propose`` says which bytes the files should
hold after a plan's changes; it never writes. Spans are put into the files as they were read, so
columns, keys, rows and newlines that are not ours come back byte for byte.
"""

from .book import Reading, names_of, propose, read, understand
from .layout import Layout, layouts, survey, unused
from .nearby import Nearby, nearby
from .values import ROLES, BookFiles, Edit, Role, Writing, plain_name

__all__ = [
    "ROLES",
    "BookFiles",
    "Edit",
    "Layout",
    "Nearby",
    "Reading",
    "Role",
    "Writing",
    "layouts",
    "names_of",
    "nearby",
    "plain_name",
    "propose",
    "read",
    "survey",
    "understand",
    "unused",
]
