"""What changes a Windows host, one topic a file."""
