"""What snapsync costs, measured as people run it: whole processes, medians, no promises in tests."""
