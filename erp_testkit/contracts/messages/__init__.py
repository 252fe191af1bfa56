"""Messages and callbacks: their schemas, and partners that misbehave."""
