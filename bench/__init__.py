"""What `bin/bench` measures: each module has a `measure(asked)` that answers one Result."""
