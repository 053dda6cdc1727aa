"""Tests of places as open data."""
