"""When a workspace is open: calendars of weekly hours, holidays and exceptions, and their open stretches as rows."""
