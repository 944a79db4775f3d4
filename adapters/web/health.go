package web

import "net/http"

// alive says that the process runs and which version it is.
func (s *site) alive(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	writeJSON(w, http.StatusOK, "application/json", struct {
		Status  string `json:"status"`
		Version string `json:"version,omitempty"`
	}{"ok", s.Version})
}

// ready says whether requests can be answered, and what is known of it.
func (s *site) ready(w http.ResponseWriter, _ *http.Request) {
	var state struct {
		Ready  bool `json:"ready"`
		Detail any  `json:"detail,omitempty"`
	}
	state.Ready = true
	if s.Ready != nil {
		state.Ready, state.Detail = s.Ready()
	}
	status := http.StatusOK
	if !state.Ready {
		status = http.StatusServiceUnavailable
	}
	w.Header().Set("Cache-Control", "no-store")
	writeJSON(w, status, "application/json", state)
}
