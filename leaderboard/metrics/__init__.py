"""The formulas: plain functions of plain numbers, each with its source; nothing here knows of runs, files or pages."""
