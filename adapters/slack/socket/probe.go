package socket

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/gorilla/websocket"
)

// Probe connects to an address of Socket Mode, waits for its hello and leaves.
func Probe(ctx context.Context, address string) error {
	dialer := websocket.Dialer{Proxy: http.ProxyFromEnvironment}
	ws, res, err := dialer.DialContext(ctx, address, nil)
	if res != nil {
		_ = res.Body.Close()
	}
	if err != nil {
		return plain(err, res) // the address is a secret
	}
	defer func() { _ = ws.Close() }()
	defer context.AfterFunc(ctx, func() { _ = ws.Close() })()
	ws.SetReadLimit(maxFrame)
	var f frame
	_, message, err := ws.ReadMessage()
	if err != nil || json.Unmarshal(message, &f) != nil || f.Type != "hello" {
		return errors.New("no hello came")
	}
	_ = ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseNormalClosure, ""), time.Now().Add(time.Second))
	return nil
}
