"""What a run leaves behind: results.json, tables, figures and a manifest, written all or nothing."""
