"""Pages and reports made from the release."""
