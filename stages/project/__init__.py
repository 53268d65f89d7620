"""A project of one's own: the parameters and the pipeline to begin with."""
