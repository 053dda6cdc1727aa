"""Real Chromium on a real server and a real worker: what a person of each role does, and what axe finds."""
