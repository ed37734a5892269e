"""The API channel: any program that sends its contacts' messages as JSON."""
