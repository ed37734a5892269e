"""The send lane: what was written to contacts goes to their channels, in order, and never twice by itself."""
