// Package web is the web page and the JSON API: one HTTP server over the
// same Responder as every other surface.
//
// The pages are rendered on the server and need neither JavaScript nor any
// other host. The API under /api/v1/ describes itself at
// /api/v1/openapi.json. It reads and never changes anything, uses no cookies
// and sends no CORS headers: an installation inside a company's network may
// hold briefings that a foreign page in an employee's browser must not read.
package web
