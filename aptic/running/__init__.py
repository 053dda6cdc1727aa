"""`make run`: everything an installation needs, on one machine, under one supervisor."""
