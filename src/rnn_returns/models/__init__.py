"""Reports on the recurrent layers of a whole model."""
