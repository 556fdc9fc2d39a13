"""Opening a student's record because somebody's health or safety is in danger (34 CFR 99.36)."""
