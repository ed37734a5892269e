"""The demo keeps the promises of the product it shows."""
