"""What a family sees of its own child's record, and a student of their own."""
