"""Accounts and what was set aside, as administrators and sellers meet them."""
