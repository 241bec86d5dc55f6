"""``python -m mithaq.cli``."""

from mithaq.cli.main import main

main()
