"""`python -m helpline` is the command line."""

from helpline.cli import main

if __name__ == "__main__":
    main()
