"""What WhatsApp, Messenger and Instagram share: an app at Meta, its signature, its webhooks."""
