"""Result files of other tools, read as runs: one module a format, found through the group `evalrun.importers`."""
