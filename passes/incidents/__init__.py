"""Losses that somebody must bear, from their opening to their end.

opening   each refused off-line attempt becomes an incident, in the same transaction; a late void of a paid line too
deciding  one person prepares, another approves; money moves with the approval
repaying  an actor pays back by bank
overdue   what nobody decided in time is told once
proof     what these rows say of the ledger's accounts
"""
