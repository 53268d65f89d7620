"""What `stages.evaluate` is made of: inputs checked, rows looked up, scores shaped and written."""
