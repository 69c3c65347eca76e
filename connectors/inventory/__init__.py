"""The inventory: its files read, compared with what is declared, applied, exported."""
