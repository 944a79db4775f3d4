package web

import (
	_ "embed"
	"encoding/json"
	"fmt"
)

//go:embed openapi.json
var openAPI []byte

// describeAPI fills the version of the program and its public address into
// the OpenAPI description.
func describeAPI(version, publicURL string) ([]byte, error) {
	var d map[string]any
	if err := json.Unmarshal(openAPI, &d); err != nil {
		return nil, fmt.Errorf("web: openapi.json: %w", err)
	}
	if info, ok := d["info"].(map[string]any); ok {
		info["version"] = version
	}
	d["servers"] = []any{map[string]any{"url": publicURL + "/"}}
	return json.Marshal(d)
}
