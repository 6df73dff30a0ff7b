"""Changes made to Keras, to see whether the tests notice."""
