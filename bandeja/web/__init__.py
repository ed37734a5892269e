"""Base templates, styles, scripts and icons."""
