"""Instagram, by its own login or by the page an account is linked to."""
