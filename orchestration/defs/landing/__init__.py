"""The landed files, the raw tables they are loaded into, and the sensor that watches for them."""
