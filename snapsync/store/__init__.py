"""WHERE: bytes kept under their hash, the log of operations, the journal, the lock.

``place`` is the small Protocol that another kind of store would implement; ``local`` is the folder
implementation; ``files`` is the only module of the whole package that writes to the file system.
"""
