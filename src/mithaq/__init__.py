"""Mithaq: a covenant between equals."""
