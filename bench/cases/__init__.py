"""What is measured together, a module for each."""
