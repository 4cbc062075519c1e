"""What is on a Windows host, one topic a file."""
