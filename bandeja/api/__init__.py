"""The HTTP interface for integrators."""
