"""Read the configuration in a model file, within bounds and without Keras."""
