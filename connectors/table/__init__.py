"""Tables of data loggers: CSV as it is in the field, row by row; pure."""
