"""What WhatsApp, Messenger and Instagram share: one app at Meta, one signed callback, one Graph."""
