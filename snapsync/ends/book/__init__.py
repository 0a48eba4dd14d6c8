"""The book: a bot's bankroll JSON, positions CSV and trade-history CSV, as a State and back.

``read`` gives one consistent Reading or a BookError. ``propose`` says which bytes the files should
hold after a plan's changes; it never writes. Spans are put into the files as they were read, so
columns, keys, rows and newlines that are not ours come back byte for byte.
"""

from .book import Reading, foreseen, read, synced_at, understand
from .diagnosis import Diagnosis, diagnose
from .history import lines_of_the_bot
from .layout import Layout, layouts, survey, unused
from .merge import Merged, merge
from .nearby import Nearby, nearby
from .propose import propose
from .raw import assure_writable, read_files
from .remembered import Remembered
from .repair import Repaired, repair
from .sheets import names_of
from .values import ROLES, BookFiles, Edit, Fix, Role, Writing, plain_name

__all__ = [
    "ROLES",
    "BookFiles",
    "Diagnosis",
    "Edit",
    "Fix",
    "Layout",
    "Merged",
    "Nearby",
    "Reading",
    "Remembered",
    "Repaired",
    "Role",
    "Writing",
    "assure_writable",
    "diagnose",
    "foreseen",
    "layouts",
    "lines_of_the_bot",
    "merge",
    "names_of",
    "nearby",
    "plain_name",
    "propose",
    "read",
    "read_files",
    "repair",
    "survey",
    "synced_at",
    "understand",
    "unused",
]
