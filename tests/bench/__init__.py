"""How fast the site is built, and how fast it answers: `make bench`."""
