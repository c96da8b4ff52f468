"""The only room that speaks SQL. The daily path is `sqlite`; SQLModel and Alembic load only with `tables`, `reading`, `migrations`."""
