"""For a third party: cards, receipts and agreements, checked from files alone."""
