"""Run folders read into tables: what was asked, what came back, what it cost; nothing is judged here."""
