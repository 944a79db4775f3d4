package vault

import (
	"bytes"
	"strings"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"

	"briefbot/bot"
)

// Keys are what tokens are sealed and opened with: one primary key that seals,
// and older ones that still open. As text they are a Tink keyset in JSON,
// which is a secret of the configuration.
type Keys struct {
	handle  *keyset.Handle
	aead    tink.AEAD
	primary uint32
}

// keysBytes bounds the text of keys; one key takes some 300 bytes.
const keysBytes = 64 << 10

// NewKeys returns keys with one random key.
func NewKeys() (*Keys, error) {
	handle, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, sealing(err)
	}
	return newKeys(handle)
}

// ParseKeys reads what Text returned.
func ParseKeys(text bot.Secret) (*Keys, error) {
	if len(text) > keysBytes {
		return nil, badKeys()
	}
	// What Tink says of a bad keyset may quote it.
	handle, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(strings.NewReader(string(text))))
	if err != nil {
		return nil, badKeys()
	}
	return newKeys(handle)
}

func newKeys(handle *keyset.Handle) (*Keys, error) {
	primitive, err := aead.New(handle)
	if err != nil {
		return nil, badKeys()
	}
	primary, err := handle.Primary()
	if err != nil {
		return nil, badKeys()
	}
	return &Keys{handle: handle, aead: primitive, primary: primary.KeyID()}, nil
}

func badKeys() error {
	return &bot.Error{Kind: bot.Invalid, Message: "The keys that tokens are sealed with cannot be read. They must be a Tink keyset for AEAD in JSON, as it was made."}
}

// Text returns the keys for the configuration. It is one line.
func (k *Keys) Text() (bot.Secret, error) {
	var b bytes.Buffer
	if err := insecurecleartextkeyset.Write(k.handle, keyset.NewJSONWriter(&b)); err != nil {
		return "", sealing(err)
	}
	return bot.Secret(strings.Join(strings.Fields(b.String()), "")), nil
}

// Rotated returns the keys with one more, which seals from now on. The others
// still open what they have sealed.
func (k *Keys) Rotated() (*Keys, error) {
	manager := keyset.NewManagerFromHandle(k.handle)
	id, err := manager.Add(aead.AES256GCMKeyTemplate())
	if err == nil {
		err = manager.SetPrimary(id)
	}
	if err != nil {
		return nil, sealing(err)
	}
	handle, err := manager.Handle()
	if err != nil {
		return nil, sealing(err)
	}
	return newKeys(handle)
}

// PrimaryOnly returns the keys without the older ones: what those have sealed
// can no longer be opened.
func (k *Keys) PrimaryOnly() (*Keys, error) {
	manager := keyset.NewManagerFromHandle(k.handle)
	for i := range k.handle.Len() {
		entry, err := k.handle.Entry(i)
		if err == nil && !entry.IsPrimary() {
			err = manager.Delete(entry.KeyID())
		}
		if err != nil {
			return nil, sealing(err)
		}
	}
	handle, err := manager.Handle()
	if err != nil {
		return nil, sealing(err)
	}
	return newKeys(handle)
}

// PrimaryID returns the id of the key that seals. It is no secret.
func (k *Keys) PrimaryID() uint32 { return k.primary }
