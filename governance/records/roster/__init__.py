"""Reading a roster delivery (OneRoster 1.1 and 1.2 CSV), checking it and merging it into the portal."""
