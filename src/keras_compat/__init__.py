"""What recurrent layers do on each Keras and backend: measured by one probe, recorded as data."""
