"""Paying actors: prepare a run, have it approved by another person, send it, hear what the bank did.

prepare   one set-based claim per run, under the locks of purses and actors
approve   another person, on a digest of lines and payees
send      the bank file, then the money's transfers
outcome   settled, rejected, returned
fees      what the operator takes for its work leaves the ring-fenced account, by two people
owed      what an actor is owed, and what waits
"""
