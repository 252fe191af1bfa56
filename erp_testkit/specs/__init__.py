"""The one reader of what others describe: bytes to data, documents over several files, schemas, operations, channels."""
