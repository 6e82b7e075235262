# Wraps a file of SQL into a C++ raw string literal.
file(READ "${INPUT}" content)
file(WRITE "${OUTPUT}" "R\"sql(${content})sql\"\n")
