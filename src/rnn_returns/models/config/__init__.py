"""Read the graph of a model from its configuration, as any version of Keras wrote it."""
