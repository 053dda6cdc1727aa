"""What Aptic costs on this machine, beside what the same machine can do at all. `make bench` prints the table."""
