"""What recurrent layers did on each Keras and backend: measured by one probe, kept as data."""
