"""Everything that goes wrong on purpose, fault by fault."""
