"""Settings that need to know of channels, rules and receipts at once: accounts, and what was set aside."""
