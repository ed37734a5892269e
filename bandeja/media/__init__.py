"""The files of messages: fetched from channels, kept, made small, served, and taken from agents."""
