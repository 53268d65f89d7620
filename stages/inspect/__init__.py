"""What `show` and `lookup` print."""
