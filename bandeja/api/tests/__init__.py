"""The API as an integrator meets it."""
