"""What is printed and carried: an index sheet, a sheet for each area and shift, a sheet for each kind of force."""
