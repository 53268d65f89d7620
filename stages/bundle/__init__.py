"""One directory with all that an answer needs: written, opened and checked."""
