"""``python -m mithaq.demo``."""

from mithaq.demo.run import main

main()
