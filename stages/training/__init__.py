"""What surrounds the loop of `stages.bert4rec.loop`: inputs, validation, checkpoints, curves."""
