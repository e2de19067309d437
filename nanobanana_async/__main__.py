"""``python -m nanobanana_async``: the command line, where its script is not on the path."""

from nanobanana_async.cli import main

if __name__ == "__main__":
    main()
