"""What is made: products, lots, serials, process data, schedules, jobs and counts."""
