"""Embeddings of vacancies' texts by a local text model, each text encoded once."""
