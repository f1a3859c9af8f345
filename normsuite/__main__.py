"""``python -m normsuite`` is the command ``normsuite``."""

from normsuite.cli import main

if __name__ == "__main__":
    main()
