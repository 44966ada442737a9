"""Messages about failed runs, to a webhook or by e-mail."""
