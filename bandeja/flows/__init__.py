"""Flows: what an opening, a closing or a message sets off, step by step."""
