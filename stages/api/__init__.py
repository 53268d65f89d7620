"""The functions of `import hhrec`: each stage and the pipeline, for Python programs and notebooks."""
