"""Infer the shapes and masks that a configuration does not contain."""
