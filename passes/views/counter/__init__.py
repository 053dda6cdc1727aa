"""The counter's pages: one state at a time, each a plain form that works without a script.

A scanner that types and ends with Enter works like a person. Opening a page never redeems; the id of an attempt is
made when the pass is shown, so that sending the form twice takes the pass once.
"""
