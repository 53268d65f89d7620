"""The columns that name one row to answer: a user and one of that user's sessions."""

KEYS = ("user_id", "session_id")
