"""The durable door: store what a channel delivers, then join it to conversations."""
