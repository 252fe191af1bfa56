"""What policy and waivers make of the evidence."""
