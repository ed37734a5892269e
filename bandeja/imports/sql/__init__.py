"""The statements that find whom a row is about, and write a batch of rows."""
