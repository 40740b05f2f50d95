"""What leaves the house for the office: a GeoPackage, a workbook, and points and borders for navigation devices."""
