"""Keep, demote or hide the vacancies that a user has seen; the choice on validation rows."""
