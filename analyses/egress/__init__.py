"""The way out: whatever connects to a target does so through here.

`guard` looks a name up once, judges the name and every address, and connects to one of those. `proxy` lets programs
out that cannot ask the guard themselves: the browser and the scan engine.
"""
