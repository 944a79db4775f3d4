package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"mime"
	"net/http"
	"path"
	"strings"
	"time"
)

//go:embed assets/*
var assetFiles embed.FS

// assets are the files of the page by the name under which they are served:
// it holds the hash of the content, so that they can be cached for ever.
type assets struct {
	byName map[string]asset  // "app.0123456789ab.css"
	names  map[string]string // "app.css" → "app.0123456789ab.css"
}

type asset struct {
	content []byte
	kind    string // content type
}

func loadAssets() (assets, error) {
	a := assets{byName: map[string]asset{}, names: map[string]string{}}
	files, err := assetFiles.ReadDir("assets")
	if err != nil {
		return a, err
	}
	for _, f := range files {
		content, err := assetFiles.ReadFile("assets/" + f.Name())
		if err != nil {
			return a, err
		}
		sum := sha256.Sum256(content)
		ext := path.Ext(f.Name())
		name := strings.TrimSuffix(f.Name(), ext) + "." + hex.EncodeToString(sum[:6]) + ext
		a.byName[name] = asset{content: content, kind: contentType(ext)}
		a.names[f.Name()] = name
	}
	return a, nil
}

// contentType does not depend on the tables of the machine.
func contentType(ext string) string {
	switch ext {
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	}
	return mime.TypeByExtension(ext)
}

// path returns where a file is served.
func (a assets) path(file string) (string, error) {
	name, ok := a.names[file]
	if !ok {
		return "", fmt.Errorf("no asset %q", file)
	}
	return "/assets/" + name, nil
}

func (s *site) asset(w http.ResponseWriter, r *http.Request) {
	a, ok := s.assets.byName[r.PathValue("name")]
	if !ok {
		s.fail(w, r, http.StatusNotFound)
		return
	}
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	serve(w, r, a)
}

// favicon is for browsers that ask for it by its old name.
func (s *site) favicon(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "public, max-age=86400")
	serve(w, r, s.assets.byName[s.assets.names["favicon.svg"]])
}

// robots keeps crawlers to what has an address of its own.
func (s *site) robots(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "public, max-age=86400")
	serve(w, r, asset{
		kind:    "text/plain; charset=utf-8",
		content: []byte("User-agent: *\nDisallow: /api/\nDisallow: /c/\nDisallow: /search\nDisallow: /*?q=\n"),
	})
}

func serve(w http.ResponseWriter, r *http.Request, a asset) {
	w.Header().Set("Content-Type", a.kind)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(a.content))
}
