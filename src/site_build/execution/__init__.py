"""Execute the cells of the pages: the environment, the kernels and the cache of outputs."""
