// Package briefings holds the briefings that ship with the program, one YAML
// file each.
package briefings

import (
	"embed"
	"io/fs"
)

//go:embed *.yaml
var files embed.FS

//go:embed briefing.schema.json
var schema string

// Schema returns the JSON Schema of briefing files.
func Schema() string { return schema }

// Files returns the files of the briefings, at the root of the file system.
func Files() fs.FS { return files }
