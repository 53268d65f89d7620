"""Rules of the business: conditions, lists of vacancies, limits by field, capacity, diversity."""
