// Package briefings holds the briefings that ship with the program, one YAML
// file each.
package briefings

import (
	"embed"
	"io/fs"
)

//go:embed *.yaml
var files embed.FS

// Files returns the files of the briefings, at the root of the file system.
func Files() fs.FS { return files }
