"""What Keras returns, as rules on plain data: standard library only, no Keras."""
