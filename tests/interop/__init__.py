"""Our client against servers that none of us wrote, and a client that none of us wrote against our emulator."""
