"""The records domain: case files, documents, letters, access rights, evidence."""
