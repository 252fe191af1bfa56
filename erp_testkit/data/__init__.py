"""Factories for hospitals, suppliers and devices with valid GTINs, lots, serial numbers and labels."""
