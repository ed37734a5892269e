"""What WhatsApp, Messenger and Instagram share: Meta's apps, its Graph API and its signed deliveries."""
