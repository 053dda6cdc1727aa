"""Pages of the impact room: homes of the spaces, reports, public counters, one euro followed."""
