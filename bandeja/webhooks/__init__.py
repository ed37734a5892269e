"""Webhooks: what happens in a workspace is told to addresses outside, signed, in order and until they have it."""
