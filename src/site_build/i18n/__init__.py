"""Translations of the site: languages, catalogs and their lint."""
