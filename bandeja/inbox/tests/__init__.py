"""What people see and do in the inbox, through the addresses the browser uses."""
