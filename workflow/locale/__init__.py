"""What mufakat says in other languages: one catalogue a language, its source (.po) beside what gettext reads (.mo)."""
