"""The book: a bot's bankroll JSON, positions CSV and trade-history CSV, as a State and back.

``read`` gives one consistent Reading or a BookError. ``propose`` says which bytes the files should
hold after a plan's changes; it never writes. Spans are put into the files as they were read, so
columns, keys, rows and newlines that are not ours come back byte for byte.
"""

from .book import Reading, names_of, propose, read, understand
from .diagnosis import Diagnosis, diagnose
from .layout import Layout, layouts, survey, unused
from .nearby import Nearby, nearby
from .repair import Repaired, repair
from .values import BookFiles, Edit, Fix, Role, Writing, plain_name

__all__ = [
    "BookFiles",
    "Diagnosis",
    "Edit",
    "Fix",
    "Layout",
    "Nearby",
    "Reading",
    "Repaired",
    "Role",
    "Writing",
    "diagnose",
    "layouts",
    "names_of",
    "nearby",
    "plain_name",
    "propose",
    "read",
    "repair",
    "survey",
    "understand",
    "unused",
]
