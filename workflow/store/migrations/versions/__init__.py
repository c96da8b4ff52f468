"""One file a revision, numbered; the file name says what it does."""
