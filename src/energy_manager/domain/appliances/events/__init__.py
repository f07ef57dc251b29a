"""What happens to a timetable besides requests: early ends, new limits, restarts, closed gates."""
