"""Diagrams of an unrolled layer, drawn from the rules: standard library only."""
