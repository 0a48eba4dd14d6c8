"""The command line: parse, call one verb, show one view, exit. One file a command."""
