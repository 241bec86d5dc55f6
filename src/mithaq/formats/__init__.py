"""What stands in contents: strict readers that report findings and decide nothing."""
